#include "common/signals.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace common {
namespace {

TEST(SignalName, IsTheOneThatSupervisorPrints) {
  EXPECT_EQ(signal_name(SIGTERM), "SIGTERM");
  EXPECT_EQ(signal_name(SIGABRT), "SIGABRT");
  EXPECT_EQ(signal_name(SIGCHLD), "SIGCHLD");
  EXPECT_EQ(signal_name(SIGPOLL), "SIGPOLL");
  EXPECT_EQ(signal_name(42), "signal 42");
}

TEST(SignalName, ReadsBackAsItsNumber) {
  for (int number = 1; number <= 31; ++number) {
    EXPECT_EQ(signal_number(signal_name(number)), number) << number;
  }
}

TEST(SignalNumber, KnowsOtherNames) {
  EXPECT_EQ(signal_number("IOT"), SIGABRT);
  EXPECT_EQ(signal_number("sigcld"), SIGCHLD);
  EXPECT_EQ(signal_number("SIG"), std::nullopt);
  EXPECT_EQ(signal_number(""), std::nullopt);
}

}  // namespace
}  // namespace common
