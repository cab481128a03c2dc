#include "asgi-worker/server/access_log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace asgi_worker::server {
namespace {

const http::Endpoint peer{.host = "127.0.0.1", .port = 5};

using namespace std::chrono_literals;

std::string line(std::string_view format, const http::Request& request, AccessLog::Outcome outcome,
                 std::string_view target = "/x?y=1") {
  auto parsed = parse_access_format(format);
  if (!parsed) return parsed.error().context;
  AccessLog log{std::move(*parsed)};
  AccessLog::Entry entry;
  const AccessLog::Time begun{};
  log.begin(entry, request, target, begun);
  log.end(entry, outcome, begun + 1234567us, 784'111'777);
  return std::string{log.lines()};
}

http::Request request() {
  http::Request plain;
  plain.method = "GET";
  plain.peer = &peer;
  return plain;
}

TEST(AccessLog, WritesUvicornsLine) {
  EXPECT_EQ(line("uvicorn", request(), {.status = 404}),
            "INFO:     127.0.0.1:5 - \"GET /x?y=1 HTTP/1.1\" 404 Not Found\n");
}

TEST(AccessLog, WritesUvicornWorkersLine) {
  EXPECT_EQ(line("uvicorn-worker", request(), {.status = 200}),
            "127.0.0.1:5 - \"GET /x?y=1 HTTP/1.1\" 200\n");
}

TEST(AccessLog, LeavesUnixPeersOut) {
  const http::Endpoint local{.host = "", .is_unix = true};
  http::Request from_unix = request();
  from_unix.peer = &local;
  EXPECT_EQ(line("uvicorn", from_unix, {.status = 200}),
            "INFO:      - \"GET /x?y=1 HTTP/1.1\" 200 OK\n");
}

TEST(AccessLog, WritesTheCombinedLine) {
  ::setenv("TZ", "UTC", 1);
  const std::vector<http::Field> fields{{"user-agent", "curl/\"7\""}, {"referer", "http://r/"}};
  http::Request full = request();
  full.version = http::Version::http_1_0;
  full.fields = fields;
  EXPECT_EQ(line("combined", full, {.status = 200, .bytes = 12}),
            "127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /x?y=1 HTTP/1.0\" 200 12 "
            "\"http://r/\" \"curl/\\\"7\\\"\"\n");
  EXPECT_EQ(line("combined", request(), {.status = 204}),
            "127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /x?y=1 HTTP/1.1\" 204 - "
            "\"-\" \"-\"\n");
}

TEST(AccessLog, EscapesWhatWouldEndTheQuotesOrTheLine) {
  EXPECT_EQ(line("uvicorn-worker", request(), {.status = 200}, "/\"\\\n\x7f\xe9"),
            "127.0.0.1:5 - \"GET /\\\"\\\\\\x0a\\x7f\\xe9 HTTP/1.1\" 200\n");
}

TEST(AccessLog, NamesFieldsOfTheAnswer) {
  AccessLog log{*parse_access_format("%({X-Cache}o)s %(s)s %({none}o)s")};
  AccessLog::Entry entry;
  const std::vector<http::Field> fields{{"x-cache", "a\"b"}};
  log.begin(entry, request(), "/", {});
  log.note_answer(entry, fields);
  log.end(entry, {.status = 200}, {}, 0);
  log.begin(entry, request(), "/", {});  // which the server answers itself
  log.end(entry, {.status = 503}, {}, 0);
  EXPECT_EQ(log.lines(), "a\\\"b 200 -\n- 503 -\n");
}

struct AtomRow {
  const char* name;
  const char* format;
  const char* line;
};
class AccessAtom : public testing::TestWithParam<AtomRow> {};

TEST_P(AccessAtom, IsWrittenAsItsServerDoes) {
  ::setenv("TZ", "UTC", 1);
  const std::vector<http::Field> fields{{"authorization", "Basic am9lOnB3"},
                                        {"x-request-id", "r1"}};
  http::Request full = request();
  full.raw_path = "/x";
  full.query = "y=1";
  full.fields = fields;
  EXPECT_EQ(line(GetParam().format, full, {.status = 200, .bytes = 0}),
            std::string{GetParam().line} + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    AccessLog, AccessAtom,
    testing::Values(AtomRow{"Request", "%(m)s %(U)s %(q)s %(H)s|%(r)s",
                            "GET /x y=1 HTTP/1.1|GET /x?y=1 HTTP/1.1"},
                    AtomRow{"User", "%(u)s", "joe"},
                    AtomRow{"Duration", "%(T)s %(M)s %(D)s %(L)s", "1 1234 1234567 1.234567"},
                    AtomRow{"Bytes", "%(b)s %(B)s", "- 0"},
                    AtomRow{"Fields", "%({X-Request-Id}i)s %({none}i)s", "r1 -"},
                    AtomRow{"Granians",
                            "%(addr)s \"%(method)s %(path)s %(protocol)s\" %(status)d %(dt_ms).3f",
                            "127.0.0.1 \"GET /x HTTP/1.1\" 200 1234.567"},
                    AtomRow{"Uvicorns", "%(client_addr)s %(status_code)s", "127.0.0.1:5 200 OK"},
                    AtomRow{"Percent", "100%% %(s)s", "100% 200"},
                    AtomRow{"RequestId", "%(request_id)s", "r1"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(AccessLog, WritesJsonThatEndsWhereItShould) {
  http::Request odd = request();
  odd.raw_path = "/\"\x01\xff";
  const auto text = line("json", odd, {.status = 500, .bytes = 3});
  EXPECT_TRUE(text.starts_with("{\"time\":\"1994-11-06T08:49:37Z\",\"client\":\"127.0.0.1:5\""))
      << text;
  EXPECT_NE(text.find("\"path\":\"/\\\"\\u0001\\u00ff\""), std::string::npos) << text;
  EXPECT_NE(text.find("\"status\":500,\"bytes\":3,\"duration_ms\":1234.567,"), std::string::npos)
      << text;
}

TEST(AccessLog, NamesAnAtomThatThereIsNot) {
  EXPECT_EQ(line("%(nope)s", request(), {}), "unknown atom %(nope)s");
  EXPECT_EQ(line("50%", request(), {}), "a % that begins no %(atom)s");
}

int lines_of(const AccessFilter& filter, std::string_view path, int status, int requests) {
  AccessLog log{*parse_access_format("%(s)s"), filter};
  AccessLog::Entry entry;
  http::Request one = request();
  one.raw_path = path;
  for (int count = 0; count < requests; ++count) {
    log.begin(entry, one, path, {});
    log.end(entry, {.status = status}, {}, 0);
  }
  return static_cast<int>(std::count(log.lines().begin(), log.lines().end(), '\n'));
}

TEST(AccessFilter, LeavesOutPaths) {
  const AccessFilter filter{.excluded = {"/health", "/static/*"}};
  EXPECT_EQ(lines_of(filter, "/health", 200, 1), 0);
  EXPECT_EQ(lines_of(filter, "/healthy", 200, 1), 1);
  EXPECT_EQ(lines_of(filter, "/static/a.css", 200, 1), 0);
}

TEST(AccessFilter, KeepsAShareAndEachServerError) {
  EXPECT_EQ(lines_of({.sample = 0.25}, "/", 200, 100), 25);
  EXPECT_EQ(lines_of({.sample = 0.25}, "/", 503, 100), 100);
}

}  // namespace
}  // namespace asgi_worker::server
