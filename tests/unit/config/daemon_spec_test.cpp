#include "supervisord/config/daemon_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/fake_surroundings.hpp"

namespace supervisord::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

DaemonSpec daemon_of(const std::string& options, const FakeSurroundings& world = {},
                     const Overrides& overrides = {}) {
  const auto result = load_text("[supervisord]\n" + options + "\n", world, overrides);
  EXPECT_TRUE(result.config) << testing::PrintToString(result.errors);
  return result.config ? result.config->daemon : DaemonSpec{};
}

TEST(DaemonSpec, HasSupervisorsDefaults) {
  DaemonSpec expected;
  expected.logfile = "/srv/supervisord.log";
  expected.pidfile = "/srv/supervisord.pid";
  expected.rundir = "/srv/supervisord.d";
  expected.childlogdir = "/tmp";
  EXPECT_EQ(daemon_of(""), expected);
}

TEST(DaemonSpec, ReadsEveryOption) {
  const DaemonSpec spec = daemon_of(
      "logfile=%(here)s/a.log\nlogfile_maxbytes=1KB\nlogfile_backups=3\nloglevel=DEBUG\n"
      "pidfile=/run/x.pid\nrundir=/run/other\numask=077\nnodaemon=true\nsilent=true\nminfds=10\n"
      "minprocs=-1\nnocleanup=true\nchildlogdir=/var/log\nuser=1000\ndirectory=/srv\n"
      "strip_ansi=true\nenvironment=A=1\nidentifier=me");
  EXPECT_EQ(spec.logfile, "/etc/a.log");
  EXPECT_EQ(spec.logfile_rotate_at_bytes, 1024u);
  EXPECT_EQ(spec.logfile_backups, 3);
  EXPECT_EQ(spec.loglevel, LogLevel::debug);
  EXPECT_EQ(spec.pidfile, "/run/x.pid");
  EXPECT_EQ(spec.rundir, "/run/other");
  EXPECT_EQ(spec.umask, mode_t{077});
  EXPECT_TRUE(spec.nodaemon && spec.silent && spec.nocleanup && spec.strip_ansi);
  EXPECT_EQ(spec.minfds, 10u);
  EXPECT_EQ(spec.minprocs, 0u);
  EXPECT_EQ(spec.childlogdir, "/var/log");
  EXPECT_EQ(spec.user, (UserSpec{"app", 1000, 1000, {1000, 27}}));
  EXPECT_EQ(spec.directory, "/srv");
  EXPECT_THAT(spec.environment, ElementsAre(Pair("A", "1")));
  EXPECT_EQ(spec.identifier, "me");
}

TEST(DaemonSpec, ReadsWhenItEndsByItself) {
  using Kind = ExitOn::Kind;
  EXPECT_EQ(daemon_of("exit_on=never").exit_on, ExitOn{});
  EXPECT_EQ(daemon_of("exit_on=FATAL").exit_on, (ExitOn{Kind::fatal, ""}));
  EXPECT_EQ(daemon_of("exit_on=fatal:web").exit_on, (ExitOn{Kind::fatal, "web"}));
  EXPECT_EQ(daemon_of("exit_on=exit:g:web").exit_on, (ExitOn{Kind::exit, "g:web"}));
  for (const char* const bad : {"", "exit", "exit:", "fatal:", "never:x", "maybe"}) {
    const auto result = load_text("[supervisord]\nexit_on=" + std::string{bad} + "\n");
    ASSERT_EQ(result.errors.size(), 1u) << bad;
    EXPECT_THAT(result.errors[0], HasSubstr("invalid 'exit_on' value '"));
  }
}

TEST(DaemonSpec, WarnsWhenNoProcessBearsTheNameOfExitOn) {
  const auto warnings = [](const std::string& name) {
    const auto result = load_text("[supervisord]\nexit_on=exit:" + name +
                                  "\n[program:a]\ncommand=x\n[program:b]\ncommand=x\n"
                                  "[group:g]\nprograms=b\n");
    return result.config ? result.config->warnings : result.errors;
  };
  EXPECT_THAT(warnings("a"), testing::IsEmpty());
  EXPECT_THAT(warnings("g:b"), testing::IsEmpty());
  EXPECT_THAT(warnings("b"),
              ElementsAre("/etc/s.conf:2: [supervisord] exit_on: no process is named 'b'"));
}

TEST(DaemonSpec, LogsNowhereOrToSyslogWhenAsked) {
  EXPECT_EQ(daemon_of("logfile=NONE").logfile, "");
  EXPECT_EQ(daemon_of("logfile=syslog").logfile, "");
  EXPECT_TRUE(daemon_of("logfile=syslog").log_to_syslog);
}

TEST(DaemonSpec, PutsChildLogsWhereTemporaryFilesGo) {
  FakeSurroundings world;
  world.variables["TMPDIR"] = "/nope";
  world.variables["TMP"] = "/var/log";
  EXPECT_EQ(daemon_of("", world).childlogdir, "/var/log");
}

TEST(DaemonSpec, LetsTheCommandLineBeatTheFile) {
  Overrides overrides;
  overrides.loglevel = "trace";
  overrides.nodaemon = "true";
  overrides.identifier = "%x";  // not expanded
  const DaemonSpec spec = daemon_of("loglevel=warn\nidentifier=%(nope)s", {}, overrides);
  EXPECT_EQ(spec.loglevel, LogLevel::trace);
  EXPECT_TRUE(spec.nodaemon);
  EXPECT_EQ(spec.identifier, "%x");
}

TEST(DaemonSpec, NamesTheFlagOfABadCommandLine) {
  Overrides overrides;
  overrides.loglevel = "foo";
  const auto result = load_text("[supervisord]\n", {}, overrides);
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_THAT(result.errors[0],
              HasSubstr("invalid value for -e 'foo': bad logging level name 'foo'"));
}

TEST(DaemonSpec, ExplainsPathsThatAreNotThere) {
  const auto result = load_text(
      "[supervisord]\nlogfile=/nope/a\npidfile=/nope/b\nchildlogdir=/nope\ndirectory=/none\n"
      "rundir=x\n");
  ASSERT_EQ(result.errors.size(), 5u);
  EXPECT_THAT(result.errors[0],
              HasSubstr("The directory named as part of the path /nope/a does not exist"));
  EXPECT_THAT(result.errors[1], HasSubstr("/none is not an existing directory"));
  EXPECT_THAT(result.errors[2], HasSubstr("/nope is not an existing directory"));
  EXPECT_THAT(result.errors[3],
              HasSubstr("The directory named as part of the path /nope/b does not exist"));
  EXPECT_THAT(result.errors[4], HasSubstr("not an absolute path: 'x'"));
}

}  // namespace
}  // namespace supervisord::config
