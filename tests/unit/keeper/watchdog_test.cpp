#include "supervisord/keeper/watchdog.hpp"

#include <gtest/gtest.h>

namespace supervisord::keeper {
namespace {

using namespace std::chrono_literals;
using Verdict = Watchdog::Verdict;
using Traced = Watchdog::Traced;

const Watchdog::Clock::time_point t0{};

struct WatchdogTest : testing::Test {
  Verdict at(Watchdog::Clock::duration after, Traced traced = Traced::no) {
    return watchdog.look(t0 + after, traced);
  }
  Watchdog watchdog;
};

TEST(Traced, IsWhatTheStatusSays) {
  EXPECT_TRUE(is_traced("Name:\tx\nTracerPid:\t12\nUid:\t0\n"));
  EXPECT_FALSE(is_traced("Name:\tx\nTracerPid:\t0\nUid:\t0\n"));
  EXPECT_FALSE(is_traced("Name:\tTracerPid:\t12\n"));
  EXPECT_FALSE(is_traced(""));
}

TEST_F(WatchdogTest, WithoutADaemonNothingIsDue) {
  EXPECT_FALSE(watchdog.due());
  EXPECT_EQ(at(1h), Verdict::none);
}

TEST_F(WatchdogTest, OneThatDoesNotSayHelloIsAbortedThenKilled) {
  watchdog.started(t0);
  EXPECT_EQ(watchdog.due(), t0 + 10s);
  EXPECT_EQ(at(9s), Verdict::none);
  EXPECT_EQ(at(10s), Verdict::abort);
  EXPECT_EQ(at(14s), Verdict::none);
  EXPECT_EQ(at(15s), Verdict::kill);
  EXPECT_EQ(at(1h), Verdict::none);
}

TEST_F(WatchdogTest, OneThatAnswersIsPingedEvery5s) {
  watchdog.started(t0);
  watchdog.greeted(t0 + 1s);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(at(6s + i * 5s), Verdict::ping) << i;
    EXPECT_EQ(at(6s + i * 5s + 4s), Verdict::none) << i;
    watchdog.heard();
  }
}

TEST_F(WatchdogTest, ThreePingsWithoutAWordEndIt) {
  watchdog.greeted(t0);
  EXPECT_EQ(at(5s), Verdict::ping);
  EXPECT_EQ(at(10s), Verdict::ping);
  EXPECT_EQ(at(15s), Verdict::ping);
  EXPECT_EQ(at(20s), Verdict::abort);
  EXPECT_EQ(at(25s), Verdict::kill);
}

TEST_F(WatchdogTest, AWordInBetweenCountsFromTheStart) {
  watchdog.greeted(t0);
  for (const auto after : {5s, 10s, 15s}) EXPECT_EQ(at(after), Verdict::ping);
  watchdog.heard();
  for (const auto after : {20s, 25s, 30s}) EXPECT_EQ(at(after), Verdict::ping);
  EXPECT_EQ(at(35s), Verdict::abort);
}

// As after the machine stood still: many intervals have passed, but it was asked once.
TEST_F(WatchdogTest, ALongPauseIsOneMissedPing) {
  watchdog.greeted(t0);
  EXPECT_EQ(at(1h), Verdict::ping);
  EXPECT_EQ(at(1h + 4s), Verdict::none);
}

TEST_F(WatchdogTest, OneUnderADebuggerIsLeftAlone) {
  watchdog.greeted(t0);
  for (const auto after : {5s, 10s, 15s}) EXPECT_EQ(at(after, Traced::yes), Verdict::ping);
  EXPECT_EQ(at(20s, Traced::yes), Verdict::none);
  for (const auto after : {25s, 30s, 35s}) EXPECT_EQ(at(after), Verdict::ping);
  EXPECT_EQ(at(40s), Verdict::abort);
}

TEST_F(WatchdogTest, OneToldToEndHas30s) {
  watchdog.greeted(t0);
  watchdog.told_to_end(t0 + 1s);
  EXPECT_EQ(at(30s), Verdict::none);
  EXPECT_EQ(at(31s), Verdict::abort);
  watchdog.ended();
  EXPECT_EQ(at(1h), Verdict::none);
}

TEST_F(WatchdogTest, AnAbortedOneIsNotSavedByAWord) {
  watchdog.started(t0);
  EXPECT_EQ(at(10s), Verdict::abort);
  watchdog.greeted(t0 + 11s);
  watchdog.heard();
  EXPECT_EQ(at(15s), Verdict::kill);
}

}  // namespace
}  // namespace supervisord::keeper
