#include "asgi-worker/arbiter/control_server.hpp"

#include <gtest/gtest.h>

namespace asgi_worker::arbiter {
namespace {

using Messages = std::vector<std::string>;

TEST(ControlMessages, ComeWholeOutOfPieces) {
  const std::string bytes = framed("{}") + framed("") + framed("[1]");
  std::string waiting;
  Messages all;
  for (const char byte : bytes) {
    waiting.push_back(byte);
    for (auto& message : take_messages(waiting)) all.push_back(std::move(message));
  }
  EXPECT_EQ(all, (Messages{"{}", "", "[1]"}));
  EXPECT_EQ(waiting, "");
}

TEST(ControlMessages, SeveralAtOnceLeaveTheBeginningOfTheNext) {
  std::string bytes = framed("a") + framed("b") + std::string("\0\0\0\5ab", 6);
  EXPECT_EQ(take_messages(bytes), (Messages{"a", "b"}));
  EXPECT_EQ(bytes.size(), 6U);
}

TEST(ControlMessages, OneThatIsTooLongIsNotWaitedFor) {
  std::string bytes = framed("a") + std::string("\x7f\0\0\0x", 5);
  EXPECT_EQ(take_messages(bytes), Messages{"a"});
  EXPECT_EQ(bytes, "");
}

TEST(ControlMessages, LengthIsWrittenMostSignificantFirst) {
  EXPECT_EQ(framed(std::string(258, 'x')).substr(0, 4), std::string("\0\0\1\2", 4));
}

}  // namespace
}  // namespace asgi_worker::arbiter
