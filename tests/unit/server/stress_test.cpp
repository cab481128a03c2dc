// Many clients and requests that do anything at any time, by seeds. What must hold all the same:
// each request ends once, in one way, and nothing is called after that; a kept promise of bytes is
// not asked for here. Worth most under the sanitizers.
#include <map>
#include <random>
#include <span>

#include "tests/unit/server/harness.hpp"

namespace asgi_worker::server {
namespace {

class Stress : public ServerTest, public testing::WithParamInterface<unsigned> {
 protected:
  std::mt19937 random{GetParam()};
  unsigned below(unsigned limit) { return static_cast<unsigned>(random() % limit); }
  template <class List>
  auto& one_of_the_last(const List& list, unsigned most) {
    return list[list.size() - 1 - below(std::min(most, static_cast<unsigned>(list.size())))];
  }

  std::string some_bytes() {
    switch (below(12)) {
      case 0: return "garbage\r\n\r\n";
      case 1: return get_request.substr(0, below(20));
      case 2: return post_of(100) + std::string(50, 'x');
      case 3: return post_of(100'000) + std::string(100'000, 'x');
      case 4: return post_of(5, "Expect: 100-continue\r\n");
      case 5: return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
      case 6: return "0\r\n\r\n";
      case 7: return get_request + get_request + get_request;
      case 8: return "HEAD / HTTP/1.0\r\n\r\n";
      default: return get_request;
    }
  }
  void act(Call& call) {
    for (unsigned count = below(4); count > 0 && call.exchange != nullptr; --count) act_once(call);
  }
  void act_once(Call& call) {
    http::Exchange& exchange = *call.exchange;
    bool& has_started = started[&call];
    switch (below(9)) {
      case 0: return below(4) == 0 ? exchange.abort() : exchange.want_body();
      case 1: return below(4) == 0 ? exchange.refuse(500, "no") : exchange.want_body();
      case 2: return exchange.pause_body();
      case 3: return exchange.want_body();
      default: break;
    }
    if (!std::exchange(has_started, true)) {
      const http::Field length[] = {{"content-length", "70000"}};
      return exchange.start(200, std::span{length}.first(below(2)));
    }
    if (below(3) == 0) return exchange.finish();
    exchange.write(std::string(below(3) == 0 ? 150'000 : below(20'000), 'y'));
  }
  void disturb(Client& client) {
    if (client.fd() < 0) return;
    switch (below(30)) {
      case 0: return client.reset();
      case 1: return client.shut_down();
      case 2: return client.leave();
      default: break;
    }
    if (below(3) == 0)
      client.receive();
    else
      client.send_some(some_bytes());
  }
  void step() {
    while (clients.size() > 100) clients.erase(clients.begin());
    if (clients.size() < 12 || below(4) == 0) connect();
    for (unsigned count = below(6); count > 0; --count) disturb(*one_of_the_last(clients, 13));
    for (unsigned count = application.calls.empty() ? 0 : below(6); count > 0; --count)
      act(*one_of_the_last(application.calls, 30));
    if (below(4) != 0) core->poll();
    if (below(3) == 0) core->flush();
    if (below(40) == 0) {
      now += std::chrono::milliseconds{below(20'000)};
      core->expire(now);
    }
  }

  std::map<const Call*, bool> started;
};

TEST_P(Stress, EndsEachRequestOnce) {
  serve();
  application.on_call = [this](Call& call) {
    call.keeps_body = false;
    call.each_piece = call.then = call.when_writable = [this](Call& at) { act(at); };
    act(call);
  };
  for (int count = 0; count < 1'500; ++count) step();
  core->drain();
  core->close_all();
  EXPECT_EQ(core->active() + core->idle(), 0u);
  EXPECT_GT(application.calls.size(), 100u);
  for (const auto& call : application.calls) {
    EXPECT_EQ(call->exchange, nullptr);
    const bool is_complete = call->events.ends_with("complete ");
    EXPECT_NE(is_complete, call->events.ends_with("disconnect ")) << call->events;
    const std::size_t first =
        std::min(call->events.find("complete"), call->events.find("disconnect"));
    EXPECT_EQ(first, call->events.size() - (is_complete ? 9 : 11)) << call->events;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Stress, testing::Range(1u, 13u));

}  // namespace
}  // namespace asgi_worker::server
