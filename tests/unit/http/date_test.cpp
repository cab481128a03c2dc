#include "asgi-worker/http/date.hpp"

#include <gtest/gtest.h>

#include <string>

namespace asgi_worker::http {
namespace {

std::string text_at(std::time_t time) {
  const DateText text = imf_fixdate(time);
  return {text.data(), text.size()};
}

TEST(Date, IsAnImfFixdate) {
  EXPECT_EQ(text_at(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110's own example
  EXPECT_EQ(text_at(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(text_at(1'709'251'199), "Thu, 29 Feb 2024 23:59:59 GMT");
}

TEST(Date, IsMadeAnewWhenTheSecondChanges) {
  Date date;
  EXPECT_EQ(date.at(59), "Thu, 01 Jan 1970 00:00:59 GMT");
  EXPECT_EQ(date.at(59), "Thu, 01 Jan 1970 00:00:59 GMT");
  EXPECT_EQ(date.at(60), "Thu, 01 Jan 1970 00:01:00 GMT");
}

}  // namespace
}  // namespace asgi_worker::http
