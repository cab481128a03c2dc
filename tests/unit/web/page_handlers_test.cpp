#include "supervisord/web/page_handlers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>

#include "tests/fakes/fake_control.hpp"
#include "tests/fakes/fake_exchange.hpp"
#include "tests/unit/web/rows_fixture.hpp"

namespace supervisord::web {
namespace {

using namespace std::chrono_literals;
using process::State;

/// "/tail.html?processname=web"
std::shared_ptr<FakeExchange> exchange_of(std::string method, std::string_view target,
                                          Fields fields = {}, std::string body = {}) {
  const auto question = std::min(target.find('?'), target.size());
  Request request;
  request.method = std::move(method);
  request.path = target.substr(0, question);
  request.query = target.substr(std::min(question + 1, target.size()));
  request.fields = std::move(fields);
  request.body = std::move(body);
  request.who = "user me from 10.0.0.1:2";
  return std::make_shared<FakeExchange>(std::move(request));
}

std::string field_of(const FakeExchange& exchange, std::string_view name) {
  for (const auto& [key, value] : exchange.answered->fields) {
    if (key == name) return value;
  }
  return "";
}

class HandlersTest : public testing::Test {
 protected:
  HandlersTest() {
    control.processes = {row_of("web", "web", State::running),
                         row_of("db", "db_0", State::stopped)};
    control.logs = {{"web", "one\ntwo <b>\n"}};
  }
  std::shared_ptr<FakeExchange> ask(const std::shared_ptr<FakeExchange>& exchange) {
    Router router;
    handlers.add_to(router);
    router(exchange);
    io.restart();
    io.poll();
    return exchange;
  }
  std::shared_ptr<FakeExchange> get(std::string_view target, Fields fields = {}) {
    return ask(exchange_of("GET", target, std::move(fields)));
  }
  std::string token() {
    const std::string page = get("/")->answered->body;
    const std::string before = "name=\"token\" value=\"";
    return page.substr(page.find(before) + before.size(), 64);
  }

  boost::asio::io_context io;
  control::FakeControl control{io};
  std::vector<std::string> lines;
  control::Audit audit{[this](common::Level, const std::string& line) { lines.push_back(line); }};
  PageHandlers handlers{io, control, audit, GuardKey{7}, {1ms, 1s}};
};

TEST_F(HandlersTest, ShowThePageWithItsProtection) {
  for (const char* const path : {"/", "/index.html?message=Process+web+stopped"}) {
    const auto page = get(path);
    EXPECT_EQ(page->answered->status, 200u);
    EXPECT_TRUE(contains(field_of(*page, "Content-Security-Policy"), "default-src 'self'"));
    EXPECT_TRUE(contains(field_of(*page, "Content-Security-Policy"), "frame-ancestors 'none'"));
    EXPECT_EQ(field_of(*page, "X-Frame-Options"), "DENY");
    EXPECT_EQ(field_of(*page, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(field_of(*page, "Referrer-Policy"), "same-origin");
  }
  EXPECT_TRUE(contains(get("/?message=%3Cscript%3E")->answered->body, "&lt;script&gt;</p>"));
}

TEST_F(HandlersTest, AskBeforeAnActionThatCameByGet) {
  for (const char* const query :
       {"processname=web&action=stop", "action=stopall", "processname=web&action=clearlog"}) {
    const auto answer = get("/index.html?" + std::string{query});
    EXPECT_EQ(answer->answered->status, 200u);
    EXPECT_TRUE(contains(answer->answered->body, "<form method=\"post\""));
  }
  EXPECT_TRUE(control.calls.empty());
}

TEST_F(HandlersTest, RefreshByGet) {
  const auto answer = get("/index.html?action=refresh");
  EXPECT_EQ(answer->answered->status, 303u);
  EXPECT_TRUE(field_of(*answer, "Location").starts_with("./?message=Page%20refreshed%20at%20"));
}

TEST_F(HandlersTest, ActOnAPostWithTheToken) {
  const auto answer =
      ask(exchange_of("POST", "/index.html?processname=web&action=stop", {}, "token=" + token()));
  EXPECT_EQ(answer->answered->status, 303u);
  EXPECT_EQ(field_of(*answer, "Location"), "./?message=Process%20web%20stopped");
  EXPECT_EQ(control.calls, std::vector<std::string>{"stop web"});
  EXPECT_EQ(control.interests, 0);
}

TEST_F(HandlersTest, TellEachChangeInTheLog) {
  ask(exchange_of("POST", "/?processname=web&action=stop", {}, "token=" + token()));
  ask(exchange_of("POST", "/?processname=none&action=start", {}, "token=" + token()));
  ask(exchange_of("POST", "/?action=stopall", {{"Origin", "http://evil"}, {"Host", "x"}}));
  get("/index.html?action=refresh");
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "page: Stop web by user me from 10.0.0.1:2 as admin: done",
                       "page: Start none by user me from 10.0.0.1:2 as admin: failed, No such "
                       "process named none",
                       "page: Stop All by user me from 10.0.0.1:2 as admin: refused, another site "
                       "sent it"}));
}

TEST_F(HandlersTest, TakeAllFieldsOfTheBodyToo) {
  ask(exchange_of("POST", "/", {}, "processname=db%3Adb_0&action=start&token=" + token()));
  EXPECT_EQ(control.calls, std::vector<std::string>{"start db:db_0"});
}

TEST_F(HandlersTest, AnswerAScriptInJson) {
  const auto answer = ask(exchange_of("POST", "/index.html?processname=nope&action=stop",
                                      {{"Accept", "application/json"}}, "token=" + token()));
  EXPECT_EQ(answer->answered->status, 200u);
  EXPECT_EQ(answer->answered->body, R"({"error":true,"message":"No such process named nope"})");
}

TEST_F(HandlersTest, DoNothingWithoutTheToken) {
  for (const char* const body : {"", "token=", "token=00"}) {
    const auto answer = ask(
        exchange_of("POST", "/index.html?action=stopall", {{"User-Agent", "Mozilla/5.0"}}, body));
    EXPECT_EQ(answer->answered->status, 403u);
    EXPECT_TRUE(contains(answer->answered->body, "nothing has been done"));
  }
  EXPECT_TRUE(control.calls.empty());
}

TEST_F(HandlersTest, ActForAScriptWithoutTheToken) {
  const auto answer = ask(exchange_of("POST", "/index.html", {}, "processname=web&action=stop"));
  EXPECT_EQ(answer->answered->status, 303u);
  EXPECT_EQ(control.calls, std::vector<std::string>{"stop web"});
}

TEST_F(HandlersTest, DoNothingForAnotherSite) {
  const auto answer =
      ask(exchange_of("POST", "/index.html?action=stopall",
                      {{"Host", "h"}, {"Origin", "http://evil"}}, "token=" + token()));
  EXPECT_EQ(answer->answered->status, 403u);
  EXPECT_TRUE(control.calls.empty());
}

struct StatusRow {
  const char* method;
  const char* target;
  unsigned status;
};
class AnswersTo : public HandlersTest, public testing::WithParamInterface<StatusRow> {};
TEST_P(AnswersTo, Have) {
  EXPECT_EQ(ask(exchange_of(GetParam().method, GetParam().target))->answered->status,
            GetParam().status);
}
INSTANTIATE_TEST_SUITE_P(
    Handlers, AnswersTo,
    testing::Values(StatusRow{"GET", "/?action=format", 400},
                    StatusRow{"POST", "/?action=format", 400},
                    StatusRow{"GET", "/?action=stop", 400}, StatusRow{"POST", "/", 400},
                    StatusRow{"PUT", "/", 400}, StatusRow{"POST", "/metrics", 400},
                    StatusRow{"POST", "/events", 400}, StatusRow{"HEAD", "/", 200},
                    StatusRow{"HEAD", "/metrics", 200}, StatusRow{"HEAD", "/healthz", 200},
                    StatusRow{"HEAD", "/readyz", 200}, StatusRow{"GET", "/scripts/page.js", 200},
                    StatusRow{"GET", "/scripts/../page.js", 404},
                    StatusRow{"GET", "/images/icon.svg", 200},
                    StatusRow{"GET", "/stylesheets/supervisor.css", 200}));

TEST_F(HandlersTest, SendAnAssetOnce) {
  const auto first = get("/scripts/page.js");
  EXPECT_EQ(first->answered->content_type, "text/javascript; charset=utf-8");
  EXPECT_TRUE(contains(first->answered->body, "import"));
  const auto again = get("/scripts/page.js", {{"If-None-Match", field_of(*first, "ETag")}});
  EXPECT_EQ(again->answered->status, 304u);
  EXPECT_EQ(again->answered->body, "");
}

TEST_F(HandlersTest, TailALog) {
  EXPECT_TRUE(contains(get("/tail.html?processname=web&limit=1")->answered->body,
                       "one\ntwo &lt;b&gt;\n</pre>"));
  EXPECT_TRUE(
      contains(get("/tail.html?processname=db%3Adb_0")->answered->body, "No file for db:db_0"));
  EXPECT_TRUE(contains(get("/tail.html")->answered->body, "No process name found"));
  EXPECT_TRUE(contains(get("/tail.html?processname=x")->answered->body,
                       "ERROR: unexpected rpc fault [10] BAD_NAME: x"));
}

TEST_F(HandlersTest, CountLogBytesInMetrics) {
  const auto answer = get("/metrics");
  EXPECT_TRUE(answer->answered->content_type.starts_with("text/plain; version=0.0.4"));
  EXPECT_TRUE(
      contains(answer->answered->body,
               "supervisor_process_log_bytes{name=\"web\",group=\"web\",channel=\"stdout\"} 12\n"));
}

TEST_F(HandlersTest, LetGoOfAnActionWhoseClientHasLeft) {
  control.settle_starts = false;
  const auto exchange =
      exchange_of("POST", "/?processname=db:db_0&action=start", {}, "token=" + token());
  ask(exchange);
  EXPECT_FALSE(exchange->answered);
  EXPECT_EQ(control.interests, 1);
  exchange->leave();
  io.restart();
  io.poll();
  EXPECT_EQ(control.interests, 0);
}

class LiveTest : public HandlersTest {
 protected:
  void happen() {
    control::Event event;
    event.type = "PROCESS_STATE_RUNNING";
    control.happen(event);
  }
  /// The client takes what it was sent.
  static void taken(FakeExchange& client) {
    client.body.clear();
    client.take();
  }
  /// Runs the loop until `claim` holds; false: not within 5 s.
  template <class Claim>
  bool becomes(Claim claim) {
    const auto until = std::chrono::steady_clock::now() + 5s;
    while (!claim() && std::chrono::steady_clock::now() < until) {
      io.restart();
      io.run_one_for(50ms);
    }
    return claim();
  }
};

TEST_F(LiveTest, TellsAllThenWhatChanged) {
  const auto client = get("/events");
  EXPECT_EQ(client->streamed->content_type, "text/event-stream; charset=utf-8");
  const std::string first = client->body;
  EXPECT_TRUE(first.starts_with("event: all\ndata: {")) << first;
  EXPECT_TRUE(contains(first, R"({"name":"web","pid":4711,"state":"RUNNING","up":7})"));
  taken(*client);
  control.process("db_0").state = State::fatal;
  happen();
  EXPECT_TRUE(becomes([&] { return !client->body.empty(); }));
  const std::string second = client->body;
  EXPECT_TRUE(second.starts_with("event: rows\ndata: [{")) << second;
  EXPECT_TRUE(contains(second, "FATAL"));
  EXPECT_FALSE(contains(second, "4711"));
}

TEST_F(LiveTest, TellsASlowClientOnceForAllThatItMissed) {
  const auto slow = get("/events");
  const auto quick = get("/events");
  const auto change = [&](State state) {
    taken(*quick);
    control.process("db_0").state = state;
    happen();
    EXPECT_TRUE(becomes([&] { return !quick->body.empty(); }));
  };
  change(State::starting);
  change(State::backoff);
  change(State::fatal);
  EXPECT_FALSE(contains(slow->body, "FATAL"));
  taken(*slow);
  EXPECT_TRUE(contains(slow->body, "FATAL"));
  EXPECT_FALSE(contains(slow->body, "BACKOFF"));
}

TEST_F(LiveTest, TellsAllAgainWhenProcessesComeOrGo) {
  const auto client = get("/events");
  taken(*client);
  control.processes.pop_back();
  happen();
  EXPECT_TRUE(becomes([&] { return !client->body.empty(); }));
  EXPECT_TRUE(client->body.starts_with("event: all\n"));
}

TEST_F(LiveTest, WatchesOnlyWhileSomebodyLooks) {
  const auto client = get("/events");
  EXPECT_EQ(control.interests, 1);
  client->leave();
  EXPECT_EQ(control.interests, 0);
  EXPECT_EQ(handlers.live_clients(), 0u);
}

TEST_F(LiveTest, PingsWhenNothingHappens) {
  PageHandlers quick{io, control, audit, GuardKey{7}, {1ms, 0s}};
  const auto client = exchange_of("GET", "/events");
  Router router;
  quick.add_to(router);
  router(client);
  taken(*client);
  EXPECT_TRUE(becomes([&] { return !client->body.empty(); }));
  EXPECT_EQ(client->body, "event: ping\ndata: {}\n\n");
  client->leave();
}

}  // namespace
}  // namespace supervisord::web
