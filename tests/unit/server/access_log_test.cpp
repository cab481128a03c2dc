#include "asgi-worker/server/access_log.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace asgi_worker::server {
namespace {

const http::Endpoint peer{.host = "127.0.0.1", .port = 5};

std::string line(AccessFormat format, const http::Request& request, AccessLog::Outcome outcome,
                 std::string_view target = "/x?y=1") {
  AccessLog log{format};
  AccessLog::Entry entry;
  log.begin(entry, request, target);
  log.end(entry, outcome, 784'111'777);
  return std::string{log.lines()};
}

http::Request request() {
  http::Request plain;
  plain.method = "GET";
  plain.peer = &peer;
  return plain;
}

TEST(AccessLog, WritesUvicornsLine) {
  EXPECT_EQ(line(AccessFormat::uvicorn, request(), {.status = 404}),
            "INFO:     127.0.0.1:5 - \"GET /x?y=1 HTTP/1.1\" 404 Not Found\n");
}

TEST(AccessLog, WritesUvicornWorkersLine) {
  EXPECT_EQ(line(AccessFormat::uvicorn_worker, request(), {.status = 200}),
            "127.0.0.1:5 - \"GET /x?y=1 HTTP/1.1\" 200\n");
}

TEST(AccessLog, LeavesUnixPeersOut) {
  const http::Endpoint local{.host = "", .is_unix = true};
  http::Request from_unix = request();
  from_unix.peer = &local;
  EXPECT_EQ(line(AccessFormat::uvicorn, from_unix, {.status = 200}),
            "INFO:      - \"GET /x?y=1 HTTP/1.1\" 200 OK\n");
}

TEST(AccessLog, WritesTheCombinedLine) {
  ::setenv("TZ", "UTC", 1);
  const std::vector<http::Field> fields{{"user-agent", "curl/\"7\""}, {"referer", "http://r/"}};
  http::Request full = request();
  full.version = http::Version::http_1_0;
  full.fields = fields;
  EXPECT_EQ(line(AccessFormat::combined, full, {.status = 200, .bytes = 12}),
            "127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /x?y=1 HTTP/1.0\" 200 12 "
            "\"http://r/\" \"curl/\\\"7\\\"\"\n");
  EXPECT_EQ(line(AccessFormat::combined, request(), {.status = 204}),
            "127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /x?y=1 HTTP/1.1\" 204 - "
            "\"-\" \"-\"\n");
}

TEST(AccessLog, EscapesWhatWouldEndTheQuotesOrTheLine) {
  EXPECT_EQ(line(AccessFormat::uvicorn_worker, request(), {.status = 200}, "/\"\\\n\x7f\xe9"),
            "127.0.0.1:5 - \"GET /\\\"\\\\\\x0a\\x7f\\xe9 HTTP/1.1\" 200\n");
}

}  // namespace
}  // namespace asgi_worker::server
