#include "harness.hpp"

namespace asgi_worker::server {
namespace {

class Limited : public ServerTest {
 protected:
  void serve_one_at_a_time(ConcurrencyLimit limit) {
    limit.most = 1;
    settings.concurrency = limit;
    serve();
  }
  /// A client whose request is with the application.
  Client& occupy() {
    Client& client = connect();
    client.send(get_request);
    EXPECT_TRUE(pump([&] { return core->active() == 1; }));
    return client;
  }
  void end(Call& call) {
    call.answer("hi");
    core->call_ended();
  }
  static constexpr auto queue = ConcurrencyLimit::Beyond::queue;
};

TEST_F(Limited, RequestsWaitInTheOrderOfTheirComing) {
  serve_one_at_a_time({.beyond = queue});
  Client& first = occupy();
  Client& second = connect();
  second.send(get_of("/second"));
  settle();
  Client& third = connect();
  third.send(get_of("/third"));
  settle();
  EXPECT_EQ(application.calls.size(), 1u);
  end(application.last());
  ASSERT_TRUE(pump([&] { return application.calls.size() == 2; }));
  EXPECT_EQ(application.last().path, "/second");
  EXPECT_EQ(first.received, hi_answer);
  settle();
  EXPECT_EQ(application.calls.size(), 2u);
  end(application.last());
  ASSERT_TRUE(pump([&] { return application.calls.size() == 3; }));
  EXPECT_EQ(application.last().path, "/third");
  EXPECT_EQ(application.last().fields.size(), 1u);
}

TEST_F(Limited, WhatWaitsIsWholeWhenItsTurnComes) {
  serve_one_at_a_time({.beyond = queue});
  occupy();
  Client& second = connect();
  second.send(post_of(5, "X-A: b\r\n") + "he");
  settle();
  second.send("llo" + get_of("/behind"));
  settle();
  end(application.last());
  ASSERT_TRUE(
      pump([&] { return application.calls.size() == 2 && application.last().body == "hello"; }));
  EXPECT_EQ(application.last().fields[2], (std::pair<std::string, std::string>{"x-a", "b"}));
  end(application.last());
  ASSERT_TRUE(pump([&] { return application.calls.size() == 3; }));
  EXPECT_EQ(application.last().path, "/behind");
}

TEST_F(Limited, CallsThatGoOnAfterTheirAnswerCount) {
  serve_one_at_a_time({.beyond = queue});
  Client& first = occupy();
  application.last().answer("hi");
  ASSERT_TRUE(pump_until_has(first, "hi"));
  first.send(get_request);
  settle();
  EXPECT_EQ(application.calls.size(), 1u);
  core->call_ended();
  EXPECT_TRUE(pump([&] { return application.calls.size() == 2; }));
}

TEST_F(Limited, AFullQueueRefuses) {
  serve_one_at_a_time({.beyond = queue, .queue = 1, .wait = 2500ms});
  occupy();
  connect().send(get_request);
  settle();
  Client& third = connect();
  third.send(get_request);
  ASSERT_TRUE(pump_until_closed(third));
  EXPECT_TRUE(third.has("HTTP/1.1 503 ") && third.has("retry-after: 3\r\n"));
}

TEST_F(Limited, WaitingHasAnEnd) {
  serve_one_at_a_time({.beyond = queue, .wait = 2s});
  occupy();
  Client& second = connect();
  second.send(get_request);
  settle();
  now += 2s;
  core->expire(now);
  ASSERT_TRUE(pump_until_closed(second));
  EXPECT_TRUE(second.has("HTTP/1.1 503 "));
  end(application.last());
  settle();
  EXPECT_EQ(application.calls.size(), 1u) << "it has gone";
  occupy();
}

TEST_F(Limited, OneThatLeavesGivesItsPlaceUp) {
  serve_one_at_a_time({.beyond = queue});
  occupy();
  Client& second = connect();
  second.send(get_request);
  settle();
  second.reset();
  Client& third = connect();
  third.send(get_of("/third"));
  settle();
  end(application.last());
  ASSERT_TRUE(pump([&] { return application.calls.size() == 2; }));
  EXPECT_EQ(application.last().path, "/third");
}

TEST_F(Limited, HalfClosedOnesGetTheirAnswer) {
  serve_one_at_a_time({.beyond = queue});
  occupy();
  Client& second = connect();
  second.send(get_request);
  second.shut_down();
  settle();
  end(application.last());
  ASSERT_TRUE(pump([&] { return application.calls.size() == 2; }));
  end(application.last());
  ASSERT_TRUE(pump_until_closed(second));
  EXPECT_TRUE(second.has("hi"));
}

TEST_F(Limited, ConnectionsWaitInTheBacklogWhenAcceptingPauses) {
  serve_one_at_a_time({.beyond = ConcurrencyLimit::Beyond::accept_pause});
  occupy();
  Client& second = connect();
  second.send(get_request);
  settle();
  EXPECT_EQ(core->active() + core->idle(), 1u);
  end(application.last());
  EXPECT_TRUE(pump([&] { return application.calls.size() == 2; }));
}

TEST_F(Limited, HealthChecksAreAnsweredBeyondTheLimit) {
  settings.own.health_path = "/health";
  serve_one_at_a_time({});
  occupy();
  Client& second = connect();
  second.send(get_of("/health"));
  EXPECT_TRUE(pump_until_has(second, "HTTP/1.1 200 OK"));
}

TEST_F(Limited, EndingAllLeavesNobodyWaiting) {
  serve_one_at_a_time({.beyond = queue});
  occupy();
  connect().send(get_request);
  settle();
  core->close_all();
  core->call_ended();
  settle();
  EXPECT_EQ(application.calls.size(), 1u);
  EXPECT_EQ(core->active() + core->idle(), 0u);
}

using RequestTimeout = ServerTest;

TEST_F(RequestTimeout, Is504BeforeTheAnswerHasBegun) {
  settings.timeouts.request = 3s;
  serve();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump([&] { return core->active() == 1; }));
  now += 3s;
  core->expire(now);
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_TRUE(client.has("HTTP/1.1 504 "));
  EXPECT_EQ(application.last().events, "end timeout disconnect ");
}

TEST_F(RequestTimeout, ClosesOneThatHas) {
  settings.timeouts.request = 3s;
  serve();
  application.on_call = [](Call& call) {
    call.exchange->start(200, {});
    call.exchange->write("first");
  };
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump_until_has(client, "first"));
  now += 3s;
  core->expire(now);
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_FALSE(client.has("504") || client.has("\r\n0\r\n"));
}

TEST_F(RequestTimeout, EndsWithTheAnswer) {
  settings.timeouts.request = 3s;
  settings.timeouts.keep_alive = 60s;
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump_until_has(client, "hi"));
  now += 4s;
  core->expire(now);
  settle();
  EXPECT_FALSE(client.is_closed);
}

}  // namespace
}  // namespace asgi_worker::server
