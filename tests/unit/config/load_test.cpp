#include "supervisord/config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/fake_surroundings.hpp"

namespace supervisord::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(Load, SaysWhenThereIsNoFile) {
  const auto result = load("/etc/none.conf", {}, FakeSurroundings{});
  EXPECT_FALSE(result.config);
  EXPECT_THAT(result.errors, ElementsAre("could not find config file /etc/none.conf"));
  EXPECT_THAT(load("/etc", {}, FakeSurroundings{}).errors,
              ElementsAre("could not read config file /etc"));
}

TEST(Load, NeedsSupervisordsSection) {
  EXPECT_THAT(load_text("[program:x]\ncommand=y\n").errors,
              ElementsAre("/etc/s.conf: .ini file does not include supervisord section"));
}

TEST(Load, ReportsAllErrorsAtOnceEachWithItsPlace) {
  FakeSurroundings world;
  world.files["/etc/conf.d/a.conf"] = "[program:a]\ncommand=x\nstopsignal=FOO\nnovalue\n";
  const auto result = load_text(
      "[supervisord]\nloglevel=warning\n[include]\nfiles=conf.d/*.conf\n[program:b]\n\n"
      "startsecs=abc\numask=9\n",
      world);
  EXPECT_FALSE(result.config);
  EXPECT_THAT(
      result.errors,
      ElementsAre(
          "/etc/conf.d/a.conf:4: Source contains parsing errors: 'novalue'; expected [section], "
          "key=value or a comment",
          "/etc/s.conf:2: [supervisord] loglevel: bad logging level name 'warning'; expected "
          "critical, error, warn, info, debug, trace or blather",
          "/etc/s.conf:7: [program:b] startsecs: invalid literal for int() with base 10: 'abc' in "
          "section 'program:b' (file: '/etc/s.conf'); expected a whole number of seconds",
          "/etc/s.conf:8: [program:b] umask: 9 can not be converted to an octal type in section "
          "'program:b' (file: '/etc/s.conf'); expected an octal number such as 022",
          "/etc/s.conf:5: [program:b] command: program section program:b does not specify a "
          "command in section 'program:b' (file: '/etc/s.conf')",
          "/etc/conf.d/a.conf:3: [program:a] stopsignal: value 'FOO' is not a valid signal name in "
          "section 'program:a' (file: '/etc/conf.d/a.conf'); expected a signal's name or number, "
          "one only"));
}

TEST(Load, WarnsOfUnknownOptionsAndNamesTheNearest) {
  const auto result =
      load_text("[supervisord]\n[program:x]\ncommand=y\nautorestrat=true\nzzzzzzzzzz=1\n");
  ASSERT_TRUE(result.config);
  EXPECT_THAT(result.config->warnings,
              ElementsAre("/etc/s.conf:4: [program:x] autorestrat: unknown option, ignored (did "
                          "you mean autorestart?)",
                          "/etc/s.conf:5: [program:x] zzzzzzzzzz: unknown option, ignored"));
}

TEST(Load, WarnsOfSectionsThatHaveNoEffect) {
  const auto result = load_text(
      "[supervisord]\n[rpcinterface:other]\nsupervisor.rpcinterface_factory=a:b\n"
      "[ctlplugin:x]\nsupervisor.ctl_factory=a:b\n[nonsense]\n[programme:x]\n"
      "[rpcinterface:supervisor]\nretries=1\n"
      "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
      "[supervisorctl]\nserver_url=x\n");
  ASSERT_TRUE(result.config);
  EXPECT_THAT(
      result.config->warnings,
      ElementsAre(
          "/etc/s.conf:3: [rpcinterface:other] supervisor.rpcinterface_factory: a Python "
          "extension, not supported; the interface is not there",
          "/etc/s.conf:4: [ctlplugin:x]: a Python extension of supervisorctl, not supported, "
          "ignored",
          "/etc/s.conf:6: [nonsense]: unknown section, ignored",
          "/etc/s.conf:7: [programme:x]: unknown section, ignored (did you mean [program:NAME]?)",
          "/etc/s.conf:9: [rpcinterface:supervisor] retries: has no effect",
          "/etc/s.conf:12: [supervisorctl] server_url: unknown option, ignored (did you mean "
          "serverurl?)"));
}

TEST(Load, NeedsTheFactoryOfAnRpcInterface) {
  const auto result = load_text("[supervisord]\n[rpcinterface:a]\nx=1\n");
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_THAT(result.errors[0], HasSubstr("section [rpcinterface:a] does not specify a "
                                          "supervisor.rpcinterface_factory"));
}

TEST(Load, TakesDebiansConfigurationWithoutAWord) {
  FakeSurroundings world;
  world.directories.insert("/var/log/supervisor");
  world.files["/etc/supervisor/conf.d/x.conf"] = "[program:x]\ncommand=/bin/cat\n";
  world.files["/etc/supervisor/supervisord.conf"] =
      "; supervisor config file\n\n[unix_http_server]\nfile=/var/run/supervisor.sock   ; (the "
      "path to the socket file)\nchmod=0700                       ; sockef file mode\n\n"
      "[supervisord]\nlogfile=/var/log/supervisor/supervisord.log ; main\n"
      "pidfile=/run/supervisord.pid ; pid\nchildlogdir=/var/log/supervisor\n\n"
      "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = "
      "supervisor.rpcinterface:make_main_rpcinterface\n\n[supervisorctl]\n"
      "serverurl=unix:///var/run/supervisor.sock ; use a unix:// URL\n\n[include]\n"
      "files = /etc/supervisor/conf.d/*.conf\n";
  const auto result = load("/etc/supervisor/supervisord.conf", {}, world);
  ASSERT_TRUE(result.config) << testing::PrintToString(result.errors);
  EXPECT_THAT(result.config->warnings, IsEmpty());
  EXPECT_EQ(result.config->file, "/etc/supervisor/supervisord.conf");
  EXPECT_EQ(result.config->daemon.rundir, "/run/supervisord.d");
  EXPECT_EQ(result.config->servers.front().unix_path, "/var/run/supervisor.sock");
  EXPECT_EQ(result.config->groups.front().name, "x");
}

TEST(Load, HidesPasswordsInItsMessages) {
  const auto result =
      load_text("[supervisord]\n[inet_http_server]\nport=9001\nusername=u\npassword=se%cret\n");
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_THAT(result.errors.front(), StartsWith("/etc/s.conf:5: [inet_http_server] password: "));
  EXPECT_THAT(result.errors.front(), Not(HasSubstr("cret")));
}

TEST(Load, GivesDefaultsToEverySectionWithoutWarnings) {
  const auto result = load_text(
      "[DEFAULT]\nstartsecs=7\nstray=1\n[supervisord]\n[program:a]\ncommand=x\n[program:b]\n"
      "command=y\nstartsecs=3\n");
  ASSERT_TRUE(result.config);
  EXPECT_THAT(result.config->warnings, IsEmpty());
  EXPECT_EQ(result.config->groups[0].processes[0].start_secs.count(), 7);
  EXPECT_EQ(result.config->groups[1].processes[0].start_secs.count(), 3);
}

}  // namespace
}  // namespace supervisord::config
