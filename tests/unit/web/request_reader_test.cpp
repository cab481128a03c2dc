#include "supervisord/web/request_reader.hpp"

#include <gtest/gtest.h>

namespace supervisord::web {
namespace {

using Step = RequestReader::Step;

/// Feeds until there is nothing to do with what is there.
Step feed(RequestReader& reader, std::string& bytes) {
  Step step = reader.feed(bytes);
  while (step == Step::head) step = reader.feed(bytes);
  return step;
}

Request read(std::string bytes) {
  RequestReader reader{{}};
  EXPECT_EQ(feed(reader, bytes), Step::whole) << bytes;
  return reader.take();
}

TEST(RequestReader, TakesARequestApart) {
  const auto request = read("POST /RPC2?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/RPC2");
  EXPECT_EQ(request.query, "a=b");
  EXPECT_EQ(request.field("host"), "x");
  EXPECT_EQ(request.body, "abc");
}

TEST(RequestReader, TakesOneByteAtATime) {
  const std::string all =
      "\r\n\r\nPOST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  RequestReader reader{{}};
  std::string bytes;
  Step step = Step::more;
  for (const char byte : all) {
    EXPECT_EQ(step, Step::more);
    bytes += byte;
    step = feed(reader, bytes);
  }
  ASSERT_EQ(step, Step::whole);
  EXPECT_EQ(reader.take().body, "abc");
}

TEST(RequestReader, TakesABodyOfTheLastChunkOnlyInPieces) {
  std::string bytes = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  RequestReader reader{{}};
  EXPECT_EQ(feed(reader, bytes), Step::more);
  bytes += 'T';
  EXPECT_EQ(feed(reader, bytes), Step::more);
  bytes += ": x\r\n\r\n";
  EXPECT_EQ(feed(reader, bytes), Step::whole);
}

TEST(RequestReader, SkipsEmptyLinesAndLeavesTheNextRequest) {
  std::string bytes = "\r\n\nGET /a HTTP/1.1\r\n\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
  for (const char* const path : {"/a", "/b"}) {
    RequestReader reader{{}};
    ASSERT_EQ(feed(reader, bytes), Step::whole);
    EXPECT_EQ(reader.take().path, path);
  }
  RequestReader reader{{}};
  bytes = "\r\n";
  EXPECT_EQ(feed(reader, bytes), Step::more);
  EXPECT_FALSE(reader.has_begun());
}

TEST(RequestReader, TakesAbsoluteTargets) {
  EXPECT_EQ(read("GET http://host:9001/a?b#c HTTP/1.1\r\n\r\n").path, "/a");
  EXPECT_EQ(read("GET http://host HTTP/1.1\r\n\r\n").path, "/");
  EXPECT_EQ(read("GET /a?b#c HTTP/1.1\r\n\r\n").query, "b");
}

TEST(RequestReader, StopsAtTheHeadForThePassword) {
  RequestReader reader{{}};
  std::string bytes = "POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc";
  ASSERT_EQ(reader.feed(bytes), Step::head);
  EXPECT_EQ(bytes, "abc");
  EXPECT_TRUE(reader.expects_continue());
  EXPECT_EQ(reader.feed(bytes), Step::whole);
}

struct KeepRow {
  const char* name;
  const char* head;
  bool keeps;
};
class KeepAlive : public testing::TestWithParam<KeepRow> {};
TEST_P(KeepAlive, IsAsTheTableSays) {
  RequestReader reader{{}};
  std::string bytes = GetParam().head;
  ASSERT_EQ(reader.feed(bytes), Step::head);
  EXPECT_EQ(reader.keep_alive(), GetParam().keeps);
}
INSTANTIATE_TEST_SUITE_P(
    RequestReader, KeepAlive,
    testing::Values(KeepRow{"Http11", "GET / HTTP/1.1\r\n\r\n", true},
                    KeepRow{"Http11Close", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", false},
                    KeepRow{"Http10", "GET / HTTP/1.0\r\n\r\n", false},
                    KeepRow{"Http10Keep", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
                            true}),
    [](const auto& row) { return std::string{row.param.name}; });

struct RefusalRow {
  const char* name;
  std::string bytes;
  unsigned status;
};
class Refusal : public testing::TestWithParam<RefusalRow> {};
TEST_P(Refusal, IsAsTheTableSays) {
  RequestReader reader{{.head_bytes = 1000, .body_bytes = 10}};
  std::string bytes = GetParam().bytes;
  ASSERT_EQ(feed(reader, bytes), Step::refused);
  EXPECT_EQ(reader.refusal(), GetParam().status);
}
INSTANTIATE_TEST_SUITE_P(
    RequestReader, Refusal,
    testing::Values(
        RefusalRow{"NoLength", "POST / HTTP/1.1\r\n\r\n", 411},
        RefusalRow{"LongBody", "POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n", 413},
        RefusalRow{"LongChunk",
                   "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901", 413},
        RefusalRow{"LongHead", "GET / HTTP/1.1\r\nA: " + std::string(1000, 'a'), 431},
        RefusalRow{"NoHttp", "hello\r\n\r\n", 400}, RefusalRow{"Http09", "GET /\r\n", 400},
        RefusalRow{"BadLength", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400},
        RefusalRow{"TwoLengths",
                   "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
        RefusalRow{"LengthAndChunked",
                   "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                   400},
        RefusalRow{"BadChunk", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400}),
    [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace supervisord::web
