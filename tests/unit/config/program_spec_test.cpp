#include "supervisord/config/program_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/fake_surroundings.hpp"

namespace supervisord::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(Program, HasSupervisorsDefaults) {
  ProcessSpec expected;
  expected.program = expected.group = expected.name = "x";
  expected.command = "/bin/cat";
  EXPECT_EQ(process_of(""), expected);
}

TEST(Program, ReadsEveryOption) {
  const ProcessSpec spec = process_of(
      "process_name=p\npriority=5\nautostart=no\nstartsecs=2\nstartretries=4\nautorestart=TRUE\n"
      "exitcodes=0,2\nstopsignal=usr1\nreloadsignal=USR2\nstopwaitsecs=20\nkillasgroup=true\nuser="
      "app\n"
      "stdout_logfile=/var/log/x.log\nstdout_logfile_maxbytes=1MB\nstdout_logfile_backups=2\n"
      "stderr_logfile=NONE\nenvironment=A=\"1\"\ndirectory=/nowhere\numask=002\n"
      "serverurl=http://h:1\nready_notification=notify_socket\nready_timeout=7");
  EXPECT_EQ(spec.name, "p");
  EXPECT_EQ(spec.priority, 5);
  EXPECT_FALSE(spec.autostart);
  EXPECT_EQ(spec.start_secs, 2s);
  EXPECT_EQ(spec.start_retries, 4);
  EXPECT_EQ(spec.autorestart, AutoRestart::always);
  EXPECT_THAT(spec.exit_codes, ElementsAre(0, 2));
  EXPECT_EQ(spec.stop_signal, SIGUSR1);
  EXPECT_EQ(spec.reload_signal, SIGUSR2);
  EXPECT_EQ(spec.stop_wait, 20s);
  EXPECT_FALSE(spec.stop_as_group);
  EXPECT_TRUE(spec.kill_as_group);
  EXPECT_EQ(spec.user, (UserSpec{"app", 1000, 1000, {1000, 27}}));
  EXPECT_EQ(spec.stdout_log, (LogSpec{.kind = LogSpec::Kind::file,
                                      .path = "/var/log/x.log",
                                      .rotate_at_bytes = 1024 * 1024,
                                      .backups = 2}));
  EXPECT_EQ(spec.stderr_log.kind, LogSpec::Kind::none);
  EXPECT_THAT(spec.environment, ElementsAre(Pair("A", "1")));
  EXPECT_EQ(spec.directory, "/nowhere");
  EXPECT_EQ(spec.umask, mode_t{002});
  EXPECT_EQ(spec.server_url, "http://h:1");
  EXPECT_EQ(spec.ready_notification, ReadyNotification::notify_socket);
  EXPECT_EQ(spec.ready_timeout, 7s);
}

TEST(Program, MergesTheDaemonsEnvironmentUnderItsOwn) {
  const auto result = load_text(
      "[supervisord]\nenvironment=A=1,B=2\n[program:x]\n"
      "command=run %(ENV_A)s %(ENV_B)s %(ENV_LANG)s\nenvironment=B=3,C=%(process_num)d\n");
  ASSERT_TRUE(result.config);
  const ProcessSpec& spec = result.config->groups.at(0).processes.at(0);
  EXPECT_THAT(spec.environment, ElementsAre(Pair("A", "1"), Pair("B", "3"), Pair("C", "0")));
  EXPECT_EQ(spec.command, "run 1 3 C");
}

TEST(Program, MakesNumprocsProcessesInTheOrderOfTheirNames) {
  const auto result = load_text(
      "[supervisord]\n[program:x]\nnumprocs=3\nnumprocs_start=9\n"
      "process_name=%(program_name)s%(process_num)d\n"
      "command=run %(process_num)02d of %(numprocs)d in %(group_name)s\n");
  ASSERT_TRUE(result.config);
  const auto& processes = result.config->groups.at(0).processes;
  ASSERT_EQ(processes.size(), 3u);
  EXPECT_EQ(processes[0].name, "x10");
  EXPECT_EQ(processes[1].name, "x11");
  EXPECT_EQ(processes[2].name, "x9");
  EXPECT_EQ(processes[2].command, "run 09 of 3 in x");
}

TEST(Program, WithNoProcessIsAnEmptyGroup) {
  const auto result = load_text("[supervisord]\n[program:x]\ncommand=y\nnumprocs=-1\n");
  ASSERT_TRUE(result.config);
  EXPECT_THAT(result.config->groups.at(0).processes, IsEmpty());
}

TEST(Program, ExpandsLogFilesTwice) {
  EXPECT_EQ(process_of("stdout_logfile=/var/log/a%%%%b").stdout_log.path, "/var/log/a%b");
  EXPECT_THAT(program_error("command=y\nstdout_logfile=/var/log/a%%b"),
              HasSubstr("Format string '/var/log/a%b' for 'stdout_logfile' is badly formatted"));
}

TEST(Program, TakesRelativeLogFilesFromTheDaemonsDirectory) {
  FakeSurroundings world;
  EXPECT_EQ(process_of("stdout_logfile=x.log").stdout_log.path, "/srv/x.log");
  EXPECT_EQ(process_of("stdout_logfile=~/x.log",
                       [] {
                         FakeSurroundings rooted;
                         rooted.directories.insert("/root");
                         return rooted;
                       }())
                .stdout_log.path,
            "/root/x.log");
  const auto result = load_text(
      "[supervisord]\ndirectory=/var/log\n[program:x]\ncommand=y\nstdout_logfile=x.log\n");
  ASSERT_TRUE(result.config);
  EXPECT_EQ(result.config->groups.at(0).processes.at(0).stdout_log.path, "/var/log/x.log");
}

TEST(Program, StopAsGroupMakesKillAsGroup) {
  const ProcessSpec spec = process_of("stopasgroup=true");
  EXPECT_TRUE(spec.stop_as_group);
  EXPECT_TRUE(spec.kill_as_group);
}

struct TreeRow {
  const char* name;
  const char* options;
  bool whole_tree;
};
class StopWholeTree : public testing::TestWithParam<TreeRow> {};

TEST_P(StopWholeTree, IsWhatTheTableSays) {
  EXPECT_EQ(process_of(GetParam().options).stop_whole_tree, GetParam().whole_tree);
}
INSTANTIATE_TEST_SUITE_P(Program, StopWholeTree,
                         testing::Values(TreeRow{"NotByDefault", "", false},
                                         TreeRow{"ByStopAsGroup", "stopasgroup=true", true},
                                         TreeRow{"ByKillAsGroup", "killasgroup=true", true},
                                         TreeRow{"ByItself", "stop_whole_tree=true", true},
                                         TreeRow{"NotWhenToldSo",
                                                 "stopasgroup=true\nstop_whole_tree=false", false}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(Program, RedirectingStderrLeavesItNoFile) {
  const auto result = load_text(
      "[supervisord]\n[program:x]\ncommand=y\nredirect_stderr=true\n"
      "stderr_logfile=/var/log/e.log\n");
  ASSERT_TRUE(result.config);
  EXPECT_EQ(result.config->groups.at(0).processes.at(0).stderr_log.kind, LogSpec::Kind::none);
  EXPECT_THAT(result.config->warnings,
              ElementsAre("For [program:x], redirect_stderr=true but stderr_logfile has also been "
                          "set to a filename, the filename has been ignored (/etc/s.conf:5)"));
}

TEST(Program, WarnsOnceForAllItsProcesses) {
  const auto result = load_text(
      "[supervisord]\n[program:x]\ncommand=y\nnumprocs=3\nprocess_name=%(process_num)d\n"
      "stdout_logfile_maxbytes=0\nstderr_logfile=syslog\n");
  ASSERT_TRUE(result.config);
  EXPECT_THAT(
      result.config->warnings,
      ElementsAre(
          "For [program:x], AUTO logging used for stdout_logfile without rollover, set maxbytes > "
          "0 "
          "to avoid filling up filesystem unintentionally (/etc/s.conf:6)",
          "For [program:x], stderr_logfile=syslog but this is deprecated and will be removed.  Use "
          "stderr_syslog=true to enable syslog instead. (/etc/s.conf:7)"));
  const LogSpec& log = result.config->groups.at(0).processes.at(0).stderr_log;
  EXPECT_TRUE(log.syslog);
  EXPECT_EQ(log.kind, LogSpec::Kind::none);
}

TEST(Program, ReadsWhatIsDoneWithItsOutput) {
  const auto result = load_text(
      "[supervisord]\nstrip_ansi=true\n[program:x]\ncommand=y\nstdout_capture_maxbytes=1KB\n"
      "stderr_events_enabled=true\nstdout_syslog=on\n");
  ASSERT_TRUE(result.config);
  const ProcessSpec& spec = result.config->groups.at(0).processes.at(0);
  EXPECT_EQ(spec.stdout_log.capture_max_bytes, 1024u);
  EXPECT_TRUE(spec.stdout_log.syslog);
  EXPECT_FALSE(spec.stderr_log.syslog);
  EXPECT_TRUE(spec.stderr_log.events_enabled);
  EXPECT_TRUE(spec.strip_ansi);
  EXPECT_THAT(result.config->warnings, IsEmpty());
}

struct ErrorRow {
  const char* name;
  const char* options;
  const char* message;
};

class ProgramError : public testing::TestWithParam<ErrorRow> {};
TEST_P(ProgramError, IsInSupervisorsWords) {
  const std::string error = program_error(GetParam().options);
  EXPECT_THAT(error, HasSubstr(std::string{GetParam().message} +
                               " in section 'program:x' (file: '/etc/s.conf')"));
  EXPECT_THAT(error, testing::StartsWith("/etc/s.conf:"));
}
INSTANTIATE_TEST_SUITE_P(
    Program, ProgramError,
    testing::Values(
        ErrorRow{"NoCommand", "", "program section program:x does not specify a command"},
        ErrorRow{"AutoRestart", "command=y\nautorestart=maybe",
                 "invalid 'autorestart' value 'maybe'"},
        ErrorRow{"Boolean", "command=y\nautostart=foo", "not a valid boolean value: 'foo'"},
        ErrorRow{"ExitCodes", "command=y\nexitcodes=300", "not a valid list of exit codes: '300'"},
        ErrorRow{"KillAsGroup", "command=y\nstopasgroup=true\nkillasgroup=false",
                 "Cannot set stopasgroup=true and killasgroup=false"},
        ErrorRow{"ProcessName", "command=y\nnumprocs=2",
                 "%(process_num) must be present within process_name when numprocs > 1"},
        ErrorRow{"BadProcessName", "command=y\nprocess_name=a:b",
                 "Invalid name: 'a:b' because of character: ':'"},
        ErrorRow{"User", "command=y\nuser=nobody2", "Invalid user name nobody2"},
        ErrorRow{"LogDirectory", "command=y\nstdout_logfile=/nope/x.log",
                 "The directory named as part of the path /nope/x.log does not exist"},
        ErrorRow{"Environment", "command=y\nenvironment=A",
                 "Unexpected end of key/value pairs in value 'A'"},
        ErrorRow{"Priority", "command=y\npriority=x",
                 "invalid literal for int() with base 10: 'x'"},
        ErrorRow{"NameOutOfReach", "command=y\nstartsecs=%(process_num)d",
                 "Format string '%(process_num)d' for 'program:x.startsecs' contains names "
                 "('process_num') which cannot be expanded. Available names: ENV_HOME, ENV_LANG, "
                 "group_name, here, host_node_name, program_name"},
        ErrorRow{"Percent", "command=date +%Y",
                 "Format string 'date +%Y' for 'program:x.command' is badly formatted: unsupported "
                 "format character 'Y' (0x59) at index 7"},
        ErrorRow{"TooMany", "command=y\nnumprocs=10001\nprocess_name=%(process_num)d",
                 "10001 is above upper bound (10000)"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Program, ReportsAnEnvironmentErrorUnderTheOptionsName) {
  EXPECT_THAT(program_error("command=y\nenvironment=A=\"%(nope)s\""),
              HasSubstr("for 'environment' contains names ('nope')"));
}

}  // namespace
}  // namespace supervisord::config
