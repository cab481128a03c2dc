// Listeners, the end of a server, and limits on connections.
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>

#include "asgi-worker/server/timeouts.hpp"
#include "tests/unit/server/harness.hpp"

namespace asgi_worker::server {
namespace {

class Core : public ServerTest {};

TEST_F(Core, ServesManyConnectionsAtOnce) {
  serve();
  answer_at_once();
  for (int count = 0; count < 100; ++count) connect().send(get_request);
  ASSERT_TRUE(pump([&] {
    return std::all_of(clients.begin(), clients.end(),
                       [](const auto& client) { return client->has("hi"); });
  }));
  EXPECT_EQ(core->idle(), 100u);
}

TEST_F(Core, ServesUnixSockets) {
  settings.server_field = "";
  settings.date_field = false;
  const std::string path = testing::TempDir() + "core_test." + std::to_string(::getpid()) + ".sock";
  common::UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd.get(), 10), 0);
  serve_on(std::move(fd));
  answer_at_once();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump_until_has(client, "hi"));
  EXPECT_TRUE(application.last().peer.is_unix);
  EXPECT_EQ(application.last().peer.host, "");
  EXPECT_EQ(application.last().server.host, path);

  application.on_call = [](Call&) {};
  client.send(get_request);
  ASSERT_TRUE(pump([&] { return core->active() == 1; }));
  client.leave();  // a Unix socket tells a whole end from half a one
  ASSERT_TRUE(pump([&] { return application.last().events == "end disconnect "; }));
  std::filesystem::remove(path);
}

TEST_F(Core, ServesIpv6) {
  settings.server_field = "";
  settings.date_field = false;
  common::UniqueFd fd{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    GTEST_SKIP() << "no IPv6 here";
  ASSERT_EQ(::listen(fd.get(), 10), 0);
  serve_on(std::move(fd));
  answer_at_once();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump_until_has(client, "hi"));
  EXPECT_EQ(application.last().peer.host, "::1");
}

TEST_F(Core, SendsWithoutDelay) {
  serve();
  connect();
  ASSERT_TRUE(pump([&] { return core->idle() == 1; }));
  int on = 0;
  socklen_t size = sizeof on;
  ASSERT_EQ(::getsockopt(listener.get(), IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
  EXPECT_NE(on, 0);
}

TEST_F(Core, StopsAccepting) {
  serve();
  answer_at_once();
  Client& first = connect();
  ASSERT_TRUE(pump([&] { return core->idle() == 1; }));
  core->stop_accepting();
  connect();
  first.send(get_request);
  ASSERT_TRUE(pump_until_has(first, "hi"));
  settle();
  EXPECT_EQ(core->idle(), 1u);
}

TEST_F(Core, DrainsByClosingWhatIsIdleAndAnsweringTheRest) {
  serve();
  Client& idle = connect();
  Client& active = connect();
  active.send(get_request);
  ASSERT_TRUE(pump([&] { return core->idle() == 1 && core->active() == 1; }));
  core->drain();
  now += linger_time;
  core->expire(now);
  ASSERT_TRUE(pump_until_closed(idle));
  EXPECT_EQ(idle.received, "");
  EXPECT_EQ(core->active(), 1u);
  EXPECT_EQ(empties, 0);
  application.last().answer("hi");
  ASSERT_TRUE(pump_until_closed(active));
  EXPECT_EQ(active.received, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi");
  EXPECT_EQ(empties, 1);
}

TEST_F(Core, DrainsOnlyAfterWhatHasArrived) {
  serve();
  answer_at_once();
  Client& client = connect();
  ASSERT_TRUE(pump([&] { return core->idle() == 1; }));
  client.send(get_request);
  core->drain();
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_TRUE(client.has("connection: close"));
  EXPECT_TRUE(client.has("hi"));
}

TEST_F(Core, DrainAnswersTheFirstRequestOfWhoHasJustConnected) {
  serve();
  answer_at_once();
  Client& client = connect();
  ASSERT_TRUE(pump([&] { return core->idle() == 1; }));
  core->stop_accepting();
  core->drain();
  settle();
  EXPECT_FALSE(client.is_closed);
  client.send(get_request);
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_TRUE(client.has("connection: close"));
  EXPECT_TRUE(client.has("hi"));
}

TEST_F(Core, DrainEndsAConnectionThatHasBeenIdleAtOnce) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump_until_has(client, "hi"));
  settle();
  now += linger_time;
  core->drain();
  ASSERT_TRUE(pump_until_closed(client));
}

TEST_F(Core, DrainAnswersTheNextRequestOfWhoWasAnsweredJustNow) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump_until_has(client, "hi"));
  core->drain();
  settle();
  EXPECT_FALSE(client.is_closed);
  client.send(get_request);
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_TRUE(client.has("connection: close"));
}

TEST_F(Core, DrainsFromWithinARequest) {
  serve();
  application.on_call = [this](Call& call) {
    core->stop_accepting();
    core->drain();
    call.answer("hi");
  };
  Client& first = connect();
  Client& second = connect();
  ASSERT_TRUE(pump([&] { return core->idle() == 2; }));
  first.send(get_request);
  ASSERT_TRUE(pump_until_closed(first));
  EXPECT_TRUE(first.has("connection: close"));
  now += linger_time;
  core->expire(now);
  ASSERT_TRUE(pump_until_closed(second));
}

TEST_F(Core, DrainedWithoutConnectionsIsEmpty) {
  serve();
  core->drain();
  EXPECT_EQ(empties, 1);
}

TEST_F(Core, DrainsNoLongerThanItIsTold) {
  serve();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump([&] { return core->active() == 1; }));
  core->drain(now + 30s);
  EXPECT_EQ(core->next_deadline(), now + 30s);
  now += 30s;
  core->expire(now);
  EXPECT_EQ(application.last().events, "end disconnect ");
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(empties, 1);
}

TEST_F(Core, ClosesAllAndTellsTheApplication) {
  serve();
  Client& idle = connect();
  Client& active = connect();
  active.send(get_request);
  ASSERT_TRUE(pump([&] { return core->idle() == 1 && core->active() == 1; }));
  core->close_all();
  EXPECT_EQ(application.last().events, "end disconnect ");
  EXPECT_EQ(core->idle() + core->active(), 0u);
  ASSERT_TRUE(pump([&] { return idle.is_closed && active.is_closed; }));
}

TEST_F(Core, ClosesAllFromWithinARequest) {
  serve();
  application.on_call = [this](Call&) { core->close_all(); };
  Client& client = connect();
  client.send(get_request + get_request);
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(application.calls.size(), 1u);
  EXPECT_EQ(application.last().events, "disconnect ");
}

TEST_F(Core, EndsItsRequestsWhenItIsDestroyed) {
  serve();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump([&] { return core->active() == 1; }));
  core.reset();
  EXPECT_EQ(application.last().events, "end disconnect ");
}

TEST_F(Core, RestsAboveTheMostConnections) {
  settings.max_connections = 2;
  serve();
  answer_at_once();
  Client& first = connect();
  connect();
  Client& third = connect();
  third.send(get_request);
  ASSERT_TRUE(pump([&] { return core->idle() == 2; }));
  settle();
  EXPECT_EQ(third.received, "");
  pollfd ready{.fd = core->fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ready, 1, 0), 0) << "what waits would spin the loop";
  first.leave();
  ASSERT_TRUE(pump_until_has(third, "hi"));
}

TEST_F(Core, RestsWhenDescriptorsRunOut) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(get_request);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const common::UniqueFd next{::dup(client.fd())};  // the lowest number that is free
  rlimit none = limit;
  none.rlim_cur = static_cast<rlim_t>(next.get());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  core->poll();
  core->poll();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  const std::string short_of =
      "accept: out of descriptors; idle connections are closed, new ones wait\n";
  EXPECT_EQ(reports, short_of);
  ASSERT_EQ(core->next_deadline(), now + 250ms);
  now += 250ms;
  core->expire(now);
  ASSERT_TRUE(pump_until_has(client, "hi"));
  EXPECT_EQ(reports, short_of + "accept: there are descriptors again\n");
}

TEST_F(Core, IdleConnectionsGiveWayToNewOnes) {
  settings.max_connections = 2;
  serve();
  answer_at_once();
  Client& first = connect();
  first.send(get_request);
  ASSERT_TRUE(pump_until_has(first, "hi"));
  Client& second = connect();
  second.send(get_request);
  ASSERT_TRUE(pump_until_has(second, "hi"));
  now += 1s;
  Client& third = connect();
  third.send(get_request);
  ASSERT_TRUE(pump_until_has(third, "hi"));
  EXPECT_TRUE(pump_until_closed(first)) << "the one that was idle longest";
  EXPECT_FALSE(second.is_closed);
}

TEST_F(Core, ThoseThatNeverAskGiveWayFirst) {
  settings.max_connections = 2;
  serve();
  answer_at_once();
  Client& asks = connect();
  asks.send(get_request);
  ASSERT_TRUE(pump_until_has(asks, "hi"));
  Client& slow = connect();
  slow.send("GET / HT");
  settle();
  now += 1s;
  Client& third = connect();
  third.send(get_request);
  ASSERT_TRUE(pump_until_has(third, "hi"));
  EXPECT_TRUE(pump_until_closed(slow));
  EXPECT_FALSE(asks.is_closed);
}

TEST_F(Core, ConnectionsWithARequestOnTheWayDoNotGiveWay) {
  settings.max_connections = 1;
  serve();
  Client& first = connect();
  answer_at_once();
  first.send(get_request);
  ASSERT_TRUE(pump_until_has(first, "hi"));
  application.on_call = [](Call&) {};
  now += 1s;
  Client& second = connect();
  first.send(get_request);
  ASSERT_TRUE(pump([&] { return application.calls.size() == 2; }));
  settle();
  EXPECT_FALSE(first.is_closed);
  second.send(get_request);
  application.last().answer("late");
  ASSERT_TRUE(pump_until_has(first, "late"));
  settle();
  EXPECT_FALSE(first.is_closed) << "it has only just been answered";
  now += 1s;
  core->expire(now);
  EXPECT_TRUE(pump([&] { return application.calls.size() == 3; }));
}

}  // namespace
}  // namespace asgi_worker::server
