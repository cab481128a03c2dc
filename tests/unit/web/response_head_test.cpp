#include "supervisord/web/response_head.hpp"

#include <gtest/gtest.h>

namespace supervisord::web {
namespace {

using namespace std::chrono_literals;
constexpr std::chrono::system_clock::time_point now{784111777s};

TEST(ResponseHead, HasLengthAndDate) {
  const Response response{.body = "hello"};
  EXPECT_EQ(response_head(response, {.now = now}),
            "HTTP/1.1 200 OK\r\nServer: supervisord\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: text/html; charset=utf-8\r\nContent-Length: 5\r\n\r\n");
}

TEST(ResponseHead, SaysToHttp10ThatItKeepsTheConnection) {
  const auto head = response_head({}, {.minor_version = 0, .now = now});
  EXPECT_TRUE(head.starts_with("HTTP/1.0 200 OK\r\n"));
  EXPECT_NE(head.find("\r\nConnection: Keep-Alive\r\n"), std::string::npos);
}

TEST(ResponseHead, SaysThatItCloses) {
  EXPECT_NE(response_head({}, {.keep_alive = false, .now = now}).find("Connection: close\r\n"),
            std::string::npos);
}

TEST(ResponseHead, OfAStreamHasNoLength) {
  const auto chunked = response_head({}, {.framing = Framing::chunked, .now = now});
  EXPECT_NE(chunked.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(chunked.find("Content-Length"), std::string::npos);
  const auto plain = response_head({}, {.framing = Framing::until_close, .now = now});
  EXPECT_EQ(plain.find("Transfer-Encoding"), std::string::npos);
}

TEST(ResponseHead, LetsNoFieldBeginAnother) {
  const auto head =
      response_head({.fields = {{"Location", "/?m=x\r\nSet-Cookie: y"}}}, {.now = now});
  EXPECT_NE(head.find("Location: /?m=x  Set-Cookie: y\r\n"), std::string::npos);
}

TEST(ChunkOf, BearsItsSizeInHex) {
  EXPECT_EQ(chunk_of(std::string(26, 'a')), "1a\r\n" + std::string(26, 'a') + "\r\n");
}

}  // namespace
}  // namespace supervisord::web
