#include "supervisord/config/load.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "supervisord/config/codec.hpp"
#include "supervisord/config/daemon_spec.hpp"
#include "supervisord/config/diff.hpp"
#include "supervisord/config/dump.hpp"
#include "supervisord/config/program_spec.hpp"
#include "tests/fakes/fake_surroundings.hpp"

namespace supervisord::config {
namespace {

using namespace std::chrono_literals;

LoadResult load_text(const std::string& text, const Overrides& overrides = {}) {
  FakeSurroundings world;
  world.files["/etc/s.conf"] = "[supervisord]\n" + text;
  return load("/etc/s.conf", overrides, world);
}

/// The one process of a configuration with one program.
ProcessSpec process_of(const std::string& options) {
  const auto result = load_text("[program:x]\ncommand=cat\n" + options);
  EXPECT_TRUE(result.errors.empty()) << result.errors.front();
  if (!result.config || result.config->groups.empty()) return {};
  return result.config->groups.at(0).processes.at(0);
}

TEST(Load, TakesSupervisorsDefaults) {
  const auto result = load_text("[program:x]\ncommand=cat\n");
  ASSERT_TRUE(result.config);
  const auto& daemon = result.config->daemon;
  EXPECT_EQ(daemon.logfile, "/run/supervisord.log");
  EXPECT_EQ(daemon.pidfile, "/run/supervisord.pid");
  EXPECT_EQ(daemon.rundir, "/run/supervisord.d");
  EXPECT_EQ(daemon.childlogdir, "/tmp");
  EXPECT_EQ(daemon.umask, 022U);
  ASSERT_EQ(result.config->groups.size(), 1U);
  ProcessSpec expected;
  expected.program = expected.group = expected.name = "x";
  expected.command = "cat";
  EXPECT_EQ(result.config->groups[0].processes.at(0), expected);
}

TEST(Load, ReadsEveryProgramOption) {
  const auto spec = process_of(
      "priority=5\nautostart=false\nautorestart=true\nstartsecs=3\nstartretries=7\nexitcodes=0,"
      "2\nstopsignal=INT\n"
      "stopwaitsecs=4\nstopasgroup=true\nuser=www-data\ndirectory=/srv/"
      "%(program_name)s\numask=077\nserverurl=http://x\n"
      "environment=A=\"%(ENV_WHO)s\",B=2\nstdout_logfile=/log/"
      "%(program_name)s.log\nstdout_logfile_maxbytes=1KB\n"
      "stdout_logfile_backups=3\nstderr_logfile=NONE\nready_notification=notify_socket\nready_"
      "timeout=9\n");
  EXPECT_EQ(spec.priority, 5);
  EXPECT_FALSE(spec.autostart);
  EXPECT_EQ(spec.autorestart, AutoRestart::always);
  EXPECT_EQ(spec.start_secs, 3s);
  EXPECT_EQ(spec.start_retries, 7);
  EXPECT_EQ(spec.exit_codes, (std::vector{0, 2}));
  EXPECT_EQ(spec.stop_signal, SIGINT);
  EXPECT_EQ(spec.stop_wait, 4s);
  EXPECT_TRUE(spec.stop_as_group && spec.kill_as_group);
  ASSERT_TRUE(spec.user);
  EXPECT_EQ(spec.user->uid, 33U);
  EXPECT_EQ(spec.directory, "/srv/x");
  EXPECT_EQ(spec.umask, 077U);
  EXPECT_EQ(spec.server_url, "http://x");
  EXPECT_EQ(spec.environment,
            (std::vector<std::pair<std::string, std::string>>{{"A", "me"}, {"B", "2"}}));
  EXPECT_EQ(spec.stdout_log.kind, LogSpec::Kind::file);
  EXPECT_EQ(spec.stdout_log.path, "/log/x.log");
  EXPECT_EQ(spec.stdout_log.rotate_at_bytes, 1024U);
  EXPECT_EQ(spec.stdout_log.backups, 3);
  EXPECT_EQ(spec.stderr_log.kind, LogSpec::Kind::none);
  EXPECT_EQ(spec.ready_notification, ReadyNotification::notify_socket);
  EXPECT_EQ(spec.ready_timeout, 9s);
}

TEST(Load, NumbersProcesses) {
  const auto result = load_text(
      "[program:w]\ncommand=cat %(process_num)d of "
      "%(numprocs)d\nprocess_name=%(program_name)s_%(process_num)02d\n"
      "numprocs=3\nnumprocs_start=8\nenvironment=N=%(process_num)d\ndirectory=/d/%(ENV_N)s\n");
  ASSERT_TRUE(result.config) << result.errors.front();
  const auto& processes = result.config->groups.at(0).processes;
  ASSERT_EQ(processes.size(), 3U);
  EXPECT_EQ(processes[0].name, "w_08");
  EXPECT_EQ(processes[2].name, "w_10");
  EXPECT_EQ(processes[2].command, "cat 10 of 3");
  EXPECT_EQ(processes[2].directory, "/d/10");
}

TEST(Load, GroupsTakeTheirProgramsOut) {
  const auto result = load_text(
      "[program:b]\ncommand=cat\npriority=1\n[program:a]\ncommand=cat\n[program:c]\ncommand="
      "cat\npriority=2\n"
      "[group:g]\nprograms=a, b\npriority=5\n");
  ASSERT_TRUE(result.config) << result.errors.front();
  const auto& groups = result.config->groups;
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].name, "c");
  EXPECT_EQ(groups[0].priority, 2);
  EXPECT_EQ(groups[1].name, "g");
  ASSERT_EQ(groups[1].processes.size(), 2U);
  EXPECT_EQ(groups[1].processes[0].name, "a");  // as listed, whatever their priority
  EXPECT_EQ(groups[1].processes[1].group, "g");
}

TEST(Load, IncludesFilesInOrderAndExpandsHereOfEach) {
  FakeSurroundings world;
  world.directories.insert("/etc/d");
  world.files["/etc/s.conf"] =
      "[supervisord]\n[include]\nfiles=d/*.conf none/*.conf\n[program:x]\ncommand=%(here)s/x\n";
  world.files["/etc/d/a.conf"] = "[program:x]\ncommand=%(here)s/a\n";
  world.files["/etc/d/b.conf"] = "[program:y]\ncommand=cat\nstdout_logfile=%(here)s/y.log\n";
  const auto result = load("/etc/s.conf", {}, world);
  ASSERT_TRUE(result.config) << result.errors.front();
  ASSERT_EQ(result.config->groups.size(), 2U);
  EXPECT_EQ(result.config->groups[0].processes[0].command, "/etc/d/a");
  EXPECT_EQ(result.config->groups[1].processes[0].stdout_log.path, "/etc/d/y.log");
  EXPECT_EQ(result.config->notices,
            (std::vector<std::string>{"Included extra file \"/etc/d/a.conf\" during parsing",
                                      "Included extra file \"/etc/d/b.conf\" during parsing"}));
  ASSERT_EQ(result.config->warnings.size(), 1U);
  EXPECT_EQ(result.config->warnings[0], "No file matches via include \"/etc/none/*.conf\"");
}

TEST(Load, NamesEveryErrorWithItsPlace) {
  FakeSurroundings world;
  world.directories.insert("/etc/d");
  world.files["/etc/s.conf"] =
      "[supervisord]\nloglevel=warning\n[include]\nfiles=d/"
      "*.conf\n[program:x]\ncommand=cat\nstartsecs=soon\n";
  world.files["/etc/d/a.conf"] =
      "[program:y]\nautostart=true\n\n[program:z]\ncommand=cat\nstopsignal=NOPE\n";
  const auto result = load("/etc/s.conf", {}, world);
  EXPECT_FALSE(result.config);
  EXPECT_EQ(result.errors, (std::vector<std::string>{
                               "/etc/s.conf:2: [supervisord] loglevel: bad logging level name "
                               "'warning' (expected critical, error, warn, "
                               "info, debug, trace or blather)",
                               "/etc/s.conf:7: [program:x] startsecs: invalid literal for int() "
                               "with base 10: 'soon' (expected a whole "
                               "number) in section 'program:x' (file: '/etc/s.conf')",
                               "/etc/d/a.conf:1: [program:y]: program section program:y does not "
                               "specify a command in section 'program:y' "
                               "(file: '/etc/d/a.conf')",
                               "/etc/d/a.conf:6: [program:z] stopsignal: value 'NOPE' is not a "
                               "valid signal name (expected a signal's name "
                               "or number) in section 'program:z' (file: '/etc/d/a.conf')"}));
}

struct ErrorRow {
  const char* name;
  const char* text;
  const char* says;
};
class Refuses : public testing::TestWithParam<ErrorRow> {};

TEST_P(Refuses, InSupervisorsWords) {
  const auto result = load_text(GetParam().text);
  ASSERT_FALSE(result.errors.empty());
  EXPECT_NE(result.errors.front().find(GetParam().says), std::string::npos)
      << result.errors.front();
}

INSTANTIATE_TEST_SUITE_P(
    Load, Refuses,
    testing::Values(
        ErrorRow{"UnnumberedProcesses", "[program:x]\ncommand=cat\nnumprocs=2\n",
                 "%(process_num) must be present within process_name when numprocs > 1"},
        ErrorRow{"BadAutorestart", "[program:x]\ncommand=cat\nautorestart=maybe\n",
                 "invalid 'autorestart' value 'maybe'"},
        ErrorRow{"StopButNotKillAsGroup",
                 "[program:x]\ncommand=cat\nstopasgroup=true\nkillasgroup=false\n",
                 "Cannot set stopasgroup=true and killasgroup=false"},
        ErrorRow{"BadName", "[program:a b]\ncommand=cat\n",
                 "Invalid name: 'a b' because of character: ' '"},
        ErrorRow{"UnknownUser", "[program:x]\ncommand=cat\nuser=nobody-here\n",
                 "Invalid user name nobody-here"},
        ErrorRow{"MissingDirectoryOfALog", "[program:x]\ncommand=cat\nstdout_logfile=/no/x.log\n",
                 "The directory named as part of the path /no/x.log does not exist"},
        ErrorRow{"UnknownProgramInAGroup", "[group:g]\nprograms=nope\n",
                 "[group:g] names unknown program or fcgi-program nope"},
        ErrorRow{"UnknownName", "[program:x]\ncommand=cat %(nope)s\n",
                 "contains names ('nope') which cannot be expanded"},
        ErrorRow{"UnixServerWithoutFile", "[unix_http_server]\nchmod=0700\n",
                 "section [unix_http_server] has no file value"},
        ErrorRow{"BadMode", "[unix_http_server]\nfile=/run/s\nchmod=99\n",
                 "Invalid chmod value 99"},
        ErrorRow{"BadOwner", "[unix_http_server]\nfile=/run/s\nchown=nope\n",
                 "Invalid sockchown value nope"},
        ErrorRow{"HalfCredentials", "[unix_http_server]\nfile=/run/s\nusername=a\n",
                 "incomplete authentication"},
        ErrorRow{"PortTooHigh", "[inet_http_server]\nport=70000\n",
                 "70000 is above upper bound (65535)"},
        ErrorRow{"IncludeWithoutFiles", "[include]\n",
                 ".ini file has [include] section, but no files setting"},
        ErrorRow{"MissingChildlogdir", "childlogdir=/nope\n",
                 "/nope is not an existing directory"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Load, SocketPathMustFit) {
  const std::string path = "/run/" + std::string(103, 'x');
  const auto result = load_text("[unix_http_server]\nfile=" + path + "\n");
  ASSERT_EQ(result.errors.size(), 1U);
  EXPECT_EQ(result.errors[0],
            "/etc/s.conf:3: [unix_http_server] file: the socket's path is 108 bytes long: " + path +
                " (expected at most 107 bytes)");
  EXPECT_TRUE(load_text("[unix_http_server]\nfile=" + path.substr(0, 107) + "\n").config);
}

TEST(Load, UnknownKeysAreWarnedOfWithTheNearestKnownOne) {
  const auto result = load_text("[program:x]\ncommand=cat\nstartsec=5\n");
  ASSERT_TRUE(result.config);
  ASSERT_EQ(result.config->warnings.size(), 1U);
  EXPECT_EQ(
      result.config->warnings[0],
      "/etc/s.conf:4: [program:x] startsec: unknown option, ignored (did you mean startsecs?)");
}

TEST(Load, CommandLineBeatsTheFile) {
  const auto result =
      load_text("loglevel=error\n", {{"loglevel", "debug"}, {"identifier", "100%"}});
  ASSERT_TRUE(result.config) << result.errors.front();
  EXPECT_EQ(result.config->daemon.loglevel, LogLevel::debug);
  EXPECT_EQ(result.config->daemon.identifier, "100%");
}

TEST(Load, DaemonsEnvironmentGoesUnderThePrograms) {
  const auto result = load_text(
      "environment=A=1,B=\"%(here)s\"\n[program:x]\ncommand=cat %(ENV_A)s\nenvironment=A=2\n");
  ASSERT_TRUE(result.config) << result.errors.front();
  const auto& process = result.config->groups[0].processes[0];
  EXPECT_EQ(process.environment, (std::vector<std::pair<std::string, std::string>>{
                                     {"A", "1"}, {"B", "/etc"}, {"A", "2"}}));
}

TEST(Load, FileThatIsNotThereIsNamed) {
  const auto result = load("/etc/nope.conf", {}, FakeSurroundings{});
  EXPECT_EQ(result.errors, (std::vector<std::string>{"could not find config file /etc/nope.conf"}));
}

TEST(Diff, TellsAddedChangedRemoved) {
  const auto before =
      load_text("[program:a]\ncommand=cat\n[program:b]\ncommand=cat\n[program:c]\ncommand=cat\n");
  const auto after = load_text(
      "[program:a]\ncommand=cat\n[program:b]\ncommand=cat -u\n[program:d]\ncommand=cat\n");
  const auto found = diff(before.config->groups, after.config->groups);
  EXPECT_EQ(found.added, std::vector<std::string>{"d"});
  EXPECT_EQ(found.changed, std::vector<std::string>{"b"});
  EXPECT_EQ(found.removed, std::vector<std::string>{"c"});
}

TEST(Codec, ConfigurationComesBackWhole) {
  const auto config =
      *load_text(
           "environment=X=\"\xff\"\n[unix_http_server]\nfile=/run/s\nchown=www-data\n"
           "[inet_http_server]\nport=*:9001\nusername=a\npassword=b\n"
           "[program:x]\ncommand=cat\nuser=www-data\nstdout_logfile=/log/x\nautorestart=false\n")
           .config;
  const auto decoded = decode_config(encode(config));
  ASSERT_TRUE(decoded) << decoded.error().context;
  EXPECT_EQ(decoded->file, config.file);
  EXPECT_EQ(decoded->daemon, config.daemon);
  EXPECT_EQ(decoded->servers, config.servers);
  EXPECT_EQ(decoded->groups, config.groups);
  const auto group = decode_group(encode(config.groups[0]));
  ASSERT_TRUE(group);
  EXPECT_EQ(*group, config.groups[0]);
}

TEST(Codec, RefusesWhatIsNone) {
  EXPECT_FALSE(decode_config("nonsense"));
  EXPECT_FALSE(decode_group(""));
}

TEST(Dump, SpellsOptionsAsTheFileDoes) {
  const auto options = dump(process_of("stopsignal=INT\nenvironment=A=\"a\\\"b\"\n"));
  const std::map<std::string, std::string> by_key(options.begin(), options.end());
  EXPECT_EQ(by_key.at("stopsignal"), "INT");
  EXPECT_EQ(by_key.at("environment"), "A=\"a\\\"b\"");
  EXPECT_EQ(by_key.at("stdout_logfile"), "AUTO");
}

std::string documentation() {
  std::ifstream file{SUPERVISOR_SOURCE_DIR "/docs/configuration.md"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

TEST(Documentation, NamesEveryOption) {
  const std::string text = documentation();
  ASSERT_FALSE(text.empty());
  for (const auto& options : {program_options(), daemon_options()}) {
    for (const auto option : options) {
      EXPECT_NE(text.find("`" + std::string{option} + "`"), std::string::npos) << option;
    }
  }
}

}  // namespace
}  // namespace supervisord::config
