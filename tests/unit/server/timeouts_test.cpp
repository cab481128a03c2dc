#include "asgi-worker/server/timeouts.hpp"

#include <gtest/gtest.h>

namespace asgi_worker::server {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point t0{100s};

class TimeoutsTest : public testing::Test {
 protected:
  // Only their addresses matter: no connection is needed to wait.
  alignas(8) char places[3] = {};
  Timer& timer(int index) { return *timers[static_cast<std::size_t>(index)]; }
  std::unique_ptr<Timer> timers[3] = {make(0), make(1), make(2)};
  Timeouts timeouts{{.keep_alive = 5s, .head = 30s, .body = 0s, .write = 60s}};

 private:
  std::unique_ptr<Timer> make(std::size_t index) {
    return std::make_unique<Timer>(reinterpret_cast<Connection&>(places[index]));
  }
};

TEST_F(TimeoutsTest, GivesTheEarliest) {
  EXPECT_EQ(timeouts.next(), std::nullopt);
  timeouts.arm(timer(0), Wait::head, t0);
  timeouts.arm(timer(1), Wait::keep_alive, t0 + 1s);
  EXPECT_EQ(timeouts.next(), t0 + 6s);
  timeouts.disarm(timer(1));
  EXPECT_EQ(timeouts.next(), t0 + 30s);
}

TEST_F(TimeoutsTest, ArmingAnewMovesToTheEnd) {
  timeouts.arm(timer(0), Wait::head, t0);
  timeouts.arm(timer(1), Wait::head, t0 + 1s);
  timeouts.arm(timer(2), Wait::head, t0 + 2s);
  timeouts.arm(timer(1), Wait::head, t0 + 3s);
  EXPECT_EQ(timeouts.take_expired(t0 + 100s), &timer(0));
  EXPECT_EQ(timeouts.take_expired(t0 + 100s), &timer(2));
  EXPECT_EQ(timeouts.take_expired(t0 + 100s), &timer(1));
  EXPECT_EQ(timeouts.take_expired(t0 + 100s), nullptr);
}

TEST_F(TimeoutsTest, TakesOnlyWhatHasRunOut) {
  timeouts.arm(timer(0), Wait::head, t0);
  EXPECT_EQ(timeouts.take_expired(t0 + 30s - 1ms), nullptr);
  EXPECT_EQ(timeouts.take_expired(t0 + 30s), &timer(0));
  EXPECT_FALSE(timer(0).armed);
}

TEST_F(TimeoutsTest, AKindWithoutALimitNeverComes) {
  timeouts.arm(timer(0), Wait::head, t0);
  timeouts.arm(timer(0), Wait::body, t0);
  EXPECT_EQ(timeouts.next(), std::nullopt);
}

}  // namespace
}  // namespace asgi_worker::server
