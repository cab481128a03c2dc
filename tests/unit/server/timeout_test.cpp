// Clients that take too long, with a clock that the tests set.
#include "tests/unit/server/harness.hpp"

namespace asgi_worker::server {
namespace {

class TimeOut : public ServerTest {
 protected:
  void pass(Clock::duration time) {
    now += time;
    core->expire(now);
  }
  void connected() {
    ASSERT_TRUE(pump([&] { return core->idle() == clients.size(); }));
  }
};

TEST_F(TimeOut, OfKeepAliveClosesSilently) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump_until_has(client, "hi"));
  EXPECT_EQ(core->next_deadline(), now + 5s);
  pass(4'999ms);
  settle();
  EXPECT_FALSE(client.is_closed);
  pass(1ms);
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received, hi_answer);
}

TEST_F(TimeOut, OfKeepAliveIsEndedByTheNextRequest) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump_until_has(client, "hi"));
  now += 4s;
  client.send(get_request);
  ASSERT_TRUE(pump([&] { return application.calls.size() == 2; }));
  pass(4s);
  settle();
  EXPECT_FALSE(client.is_closed);
}

TEST_F(TimeOut, OfKeepAliveDoesNotRunDuringARequest) {
  serve();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump([&] { return core->active() == 1; }));
  EXPECT_EQ(core->next_deadline(), std::nullopt);
  pass(1h);
  application.last().answer("hi");
  ASSERT_TRUE(pump_until_has(client, "hi"));
  EXPECT_EQ(core->next_deadline(), now + 5s);
}

TEST_F(TimeOut, OfZeroKeepsNothingAlive) {
  settings.timeouts.keep_alive = 0ms;
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_TRUE(client.has("connection: close"));
}

TEST_F(TimeOut, OfAHeadIs408) {
  serve();
  Client& client = connect();
  client.send("GET / HT");
  connected();
  settle();
  now += 20s;
  client.send("TP");  // does not gain time
  settle();
  pass(10s);
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received.substr(0, 28), "HTTP/1.1 408 Request Timeout");
}

TEST_F(TimeOut, OfASecondHeadRunsFromItsFirstByte) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump_until_has(client, "hi"));
  now += 4s;
  client.send("G");
  ASSERT_TRUE(pump([&] { return core->next_deadline() == now + 30s; }));
}

TEST_F(TimeOut, OfAClientThatSaysNothingIsSilent) {
  serve();
  Client& client = connect();
  connected();
  pass(30s);
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received, "");
}

TEST_F(TimeOut, OfABodyIs408AndTold) {
  serve();
  Client& client = connect();
  client.send(post_of(5) + "h");
  ASSERT_TRUE(pump([&] { return core->active() == 1; }));
  now += 59s;
  client.send("e");
  ASSERT_TRUE(pump([&] { return application.last().body == "he"; }));
  pass(59s);
  EXPECT_EQ(application.last().events, "");
  pass(1s);
  EXPECT_EQ(application.last().events, "disconnect ");
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received.substr(0, 12), "HTTP/1.1 408");
}

TEST_F(TimeOut, OfABodyDoesNotRunWhileItIsPaused) {
  serve();
  application.on_call = [](Call& call) {
    call.each_piece = [](Call& reading) { reading.exchange->pause_body(); };
  };
  Client& client = connect();
  client.send(post_of(5) + "h");
  ASSERT_TRUE(pump([&] { return core->active() == 1 && application.last().body == "h"; }));
  EXPECT_EQ(core->next_deadline(), std::nullopt);
  application.last().exchange->want_body();
  core->flush();
  EXPECT_EQ(core->next_deadline(), now + 60s);
}

TEST_F(TimeOut, OfAStalledWriteIsADisconnect) {
  serve();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump([&] { return core->active() == 1; }));
  Call& call = application.last();
  call.exchange->start(200, {});
  while (call.exchange->write(std::string(100'000, 'x')) == http::Accepted::yes) continue;
  core->flush();
  ASSERT_EQ(core->next_deadline(), now + 60s);
  pass(60s);
  EXPECT_EQ(call.events, "end disconnect ");
}

TEST_F(TimeOut, OfABodyThatNobodyReadsIsOneSecond) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(post_of(100) + "x");
  ASSERT_TRUE(pump_until_has(client, "hi"));
  ASSERT_EQ(core->next_deadline(), now + 1s);
  pass(1s);
  ASSERT_TRUE(pump_until_closed(client));
}

TEST_F(TimeOut, OfAClientThatWasRefusedAndStays) {
  serve();
  Client& client = connect();
  client.send("garbage\r\n\r\n");
  ASSERT_TRUE(pump_until_closed(client));  // our end only
  EXPECT_EQ(core->idle(), 1u);
  pass(1s);
  EXPECT_EQ(core->idle(), 0u);
  EXPECT_EQ(empties, 1);
}

TEST_F(TimeOut, RingsInTheCoresOwnDescriptor) {
  settings.timeouts.head = 20ms;
  settings.server_field = "";
  auto made = HttpCore::create(application, settings);  // by the kernel's clock
  ASSERT_TRUE(made.has_value());
  core = std::move(*made);
  listener = tcp_listener();
  ASSERT_TRUE(core->add_listener(listener.get()).has_value());
  Client& client = connect();
  ASSERT_TRUE(pump_until_closed(client));
}

}  // namespace
}  // namespace asgi_worker::server
