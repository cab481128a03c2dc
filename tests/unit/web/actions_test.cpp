#include "supervisord/web/actions.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "supervisord/web/actions_guard.hpp"
#include "supervisord/web/page_escape.hpp"
#include "tests/fakes/fake_control.hpp"
#include "tests/unit/web/rows_fixture.hpp"

namespace supervisord::web {
namespace {

using control::Fault;
using process::State;

class ActionsTest : public testing::Test {
 protected:
  ActionsTest() {
    control.processes = {row_of("web", "web", State::running), row_of("db", "db_0", State::stopped),
                         row_of("db", "db_1", State::running)};
  }
  ActionEnd run(const std::string& query) {
    const auto action = action_of(form_fields(query));
    if (!action) return {"no action", true};
    std::optional<ActionEnd> end;
    const auto carrying = carry_out(*action, control, std::time_t{1700000000},
                                    [&](const ActionEnd& told) { end = told; });
    io.restart();
    io.poll();
    return end.value_or(ActionEnd{"nothing was told", true});
  }

  boost::asio::io_context io;
  control::FakeControl control{io};
};

TEST_F(ActionsTest, SayWhatWasDone) {
  EXPECT_EQ(run("action=stop&processname=web").message, "Process web stopped");
  EXPECT_EQ(run("action=start&processname=web").message, "Process web started");
  EXPECT_EQ(run("action=restart&processname=web").message, "Process web restarted");
  EXPECT_EQ(run("action=start&processname=db:*").message, "Process db:* started");
  EXPECT_EQ(control.calls.back(), "start db:*");
}

TEST_F(ActionsTest, NameTheTime) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  EXPECT_EQ(run("action=refresh").message, "Page refreshed at Tue Nov 14 22:13:20 2023");
  EXPECT_EQ(run("action=stopall").message, "All stopped at Tue Nov 14 22:13:20 2023");
  EXPECT_EQ(run("action=restartall").message, "All restarted at Tue Nov 14 22:13:20 2023");
}

TEST_F(ActionsTest, ClearBothLogs) {
  control.logs = {{"web", "old"}, {"db_0", "old"}};
  EXPECT_EQ(run("action=clearlog&processname=web").message, "Log for web cleared");
  EXPECT_EQ(control.logs["web"], "");
  EXPECT_EQ(control.logs["db_0"], "old");
}

struct StartFault {
  Fault fault;
  const char* text;
};
class StartFails : public ActionsTest, public testing::WithParamInterface<StartFault> {};
TEST_P(StartFails, WithSupervisorsWords) {
  control.start_faults["db_0"] = GetParam().fault;
  const auto end = run("action=start&processname=db:db_0");
  EXPECT_EQ(end.message, std::string{"ERROR: Process db:db_0: "} + GetParam().text);
  EXPECT_TRUE(end.is_error);
}
INSTANTIATE_TEST_SUITE_P(Actions, StartFails,
                         testing::Values(StartFault{Fault::spawn_error, "spawn error"},
                                         StartFault{Fault::no_file, "no such file"},
                                         StartFault{Fault::not_executable, "file not executable"},
                                         StartFault{Fault::abnormal_termination,
                                                    "abnormal termination"}));

TEST_F(ActionsTest, TellOtherRefusals) {
  EXPECT_EQ(run("action=start&processname=web").message, "ERROR: Process web: already started");
  EXPECT_EQ(run("action=stop&processname=db:db_0").message,
            "unexpected rpc fault [70] NOT_RUNNING: db:db_0");
  for (const char* const verb : {"start", "stop", "restart", "clearlog"}) {
    EXPECT_EQ(run(std::string{"processname=nope&action="} + verb).message,
              "No such process named nope");
  }
}

TEST_F(ActionsTest, RestartTellsThatTheStartFailed) {
  control.start_faults["web"] = Fault::spawn_error;
  EXPECT_EQ(run("action=restart&processname=web").message, "ERROR: Process web: spawn error");
}

TEST_F(ActionsTest, AreRefusedWhenTheyAreNone) {
  EXPECT_FALSE(action_of(form_fields("action=format&processname=web")));
  EXPECT_FALSE(action_of(form_fields("action=stop")));
  EXPECT_FALSE(action_of(form_fields("processname=web")));
}

TEST_F(ActionsTest, AreNotToldToWhoHasLeft) {
  auto carrying = carry_out({Verb::stop, "web"}, control, 0, [](const ActionEnd&) { FAIL(); });
  EXPECT_EQ(control.interests, 1);
  carrying.reset();
  EXPECT_EQ(control.interests, 0);
  io.poll();
}

class GuardTest : public testing::Test {
 protected:
  static Request request(Fields fields) {
    Request made;
    made.method = "POST";
    made.fields = std::move(fields);
    return made;
  }
  GuardKey key{1, 2, 3};
  Guard guard{key};
};

struct OriginRow {
  const char* name;
  Fields fields;
  Guard::Verdict verdict;
};
class OriginIs : public GuardTest, public testing::WithParamInterface<OriginRow> {};
TEST_P(OriginIs, Judged) {
  const Request made = request(GetParam().fields);
  EXPECT_EQ(guard.judge(made, guard.token(made)), GetParam().verdict);
}
INSTANTIATE_TEST_SUITE_P(
    Guard, OriginIs,
    testing::Values(
        OriginRow{"NoBrowser", {{"Host", "h:9001"}}, Guard::Verdict::ok},
        OriginRow{"OwnPage", {{"Host", "h:9001"}, {"Origin", "http://h:9001"}}, Guard::Verdict::ok},
        OriginRow{"OtherSite",
                  {{"Host", "h:9001"}, {"Origin", "http://evil"}},
                  Guard::Verdict::elsewhere},
        OriginRow{"OtherPort",
                  {{"Host", "h:9001"}, {"Origin", "http://h:80"}},
                  Guard::Verdict::elsewhere},
        OriginRow{"Null", {{"Host", "h:9001"}, {"Origin", "null"}}, Guard::Verdict::elsewhere},
        OriginRow{"FetchSameOrigin", {{"Sec-Fetch-Site", "same-origin"}}, Guard::Verdict::ok},
        OriginRow{"FetchSameSite", {{"Sec-Fetch-Site", "same-site"}}, Guard::Verdict::elsewhere},
        OriginRow{"FetchCrossSite", {{"Sec-Fetch-Site", "cross-site"}}, Guard::Verdict::elsewhere}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST_F(GuardTest, WhatIsNoBrowserNeedsNoToken) {
  EXPECT_EQ(guard.judge(request({{"Host", "h"}, {"User-Agent", "curl/7.88.1"}}), ""),
            Guard::Verdict::ok);
  for (const auto& [name, value] :
       {std::pair{"Origin", "http://h"}, std::pair{"Sec-Fetch-Site", "same-origin"},
        std::pair{"Cookie", "a=b"}, std::pair{"Referer", "http://h/"},
        std::pair{"User-Agent", "Mozilla/5.0"}}) {
    EXPECT_EQ(guard.judge(request({{"Host", "h"}, {name, value}}), ""), Guard::Verdict::stale)
        << name;
  }
}

TEST_F(GuardTest, TokensAreOneDaemonsAndOneUsers) {
  const std::pair<std::string, std::string> browser{"User-Agent", "Mozilla/5.0"};
  const Request mine = request({browser, {"Authorization", "Basic bWU6"}});
  const std::string token = guard.token(mine);
  EXPECT_EQ(token.size(), 64u);
  EXPECT_EQ(guard.judge(mine, token), Guard::Verdict::ok);
  EXPECT_EQ(guard.judge(mine, ""), Guard::Verdict::stale);
  EXPECT_EQ(guard.judge(request({browser}), token), Guard::Verdict::stale);
  EXPECT_EQ(Guard{GuardKey{9}}.judge(mine, token), Guard::Verdict::stale);
  EXPECT_NE(random_guard_key(), random_guard_key());
}

}  // namespace
}  // namespace supervisord::web
