#include "asgi-worker/http/status.hpp"

#include <gtest/gtest.h>

namespace asgi_worker::http {
namespace {

TEST(Status, HasPythonsPhrases) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(203), "Non-Authoritative Information");
  EXPECT_EQ(reason_phrase(413), "Request Entity Too Large");
  EXPECT_EQ(reason_phrase(418), "I'm a Teapot");
  EXPECT_EQ(reason_phrase(511), "Network Authentication Required");
}

TEST(Status, KnowsNothingOfOthers) {
  EXPECT_EQ(reason_phrase(299), "");
  EXPECT_EQ(reason_phrase(599), "");
}

}  // namespace
}  // namespace asgi_worker::http
