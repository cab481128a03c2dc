#include "asgi-worker/http1/writer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace asgi_worker::http1 {
namespace {

using http::Field;
using http::Version;
using Body = AnswerFraming::Body;

constexpr std::time_t now = 784'111'777;
const std::string ours = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\nserver: asgi-worker\r\n";

struct Row {
  const char* name;
  AnswerHead head;
  std::vector<Field> fields;
  std::string lines;  // behind date and server
  Body body;
  bool keep_alive;
};
class Heads : public testing::TestWithParam<Row> {};

TEST_P(Heads, AreWrittenAsTheTableSays) {
  HeadWriter writer{"asgi-worker", true, {}};
  http::Buffer out;
  AnswerHead head = GetParam().head;
  head.fields = GetParam().fields;
  const AnswerFraming framing = writer.write(out, head, now);
  const std::string text{out.view()};
  const std::size_t line_end = text.find("\r\n") + 2;
  ASSERT_EQ(text.substr(line_end, ours.size()), ours);
  EXPECT_EQ(text.substr(line_end + ours.size()), GetParam().lines + "\r\n");
  EXPECT_EQ(framing.body, GetParam().body);
  EXPECT_EQ(framing.keep_alive, GetParam().keep_alive);
}

const Field type{"content-type", "text/plain"};
const Field length{"content-length", "5"};
const std::string type_line = "content-type: text/plain\r\n";
const std::string length_line = "content-length: 5\r\n";
const std::string close_line = "connection: close\r\n";
const std::string chunked_line = "transfer-encoding: chunked\r\n";

INSTANTIATE_TEST_SUITE_P(
    Writer, Heads,
    testing::Values(
        Row{"Length", {}, {type, length}, type_line + length_line, Body::length, true},
        Row{"Chunked", {}, {type}, type_line + chunked_line, Body::chunked, true},
        Row{"Close", {.keep_alive = false}, {}, close_line + chunked_line, Body::chunked, false},
        Row{"ApplicationCloses",
            {},
            {{"connection", "Close"}, length},
            length_line + close_line,
            Body::length,
            false},
        Row{"ApplicationKeepAliveIsDropped",
            {},
            {{"connection", "keep-alive"}, length},
            length_line,
            Body::length,
            true},
        Row{"OtherConnectionOptionsStay",
            {},
            {{"connection", "upgrade"}, length},
            "connection: upgrade\r\n" + length_line,
            Body::length,
            true},
        Row{"ApplicationsCodingIsDropped",
            {},
            {{"transfer-encoding", "gzip, chunked"}},
            chunked_line,
            Body::chunked,
            true},
        Row{"CodingAndLength",
            {},
            {{"transfer-encoding", "chunked"}, length},
            length_line,
            Body::length,
            true},
        Row{"TwoLengths", {}, {length, {"content-length", "7"}}, length_line, Body::length, true},
        Row{"BadLength", {}, {{"content-length", "x"}}, chunked_line, Body::chunked, true},
        Row{"Http10", {.version = Version::http_1_0}, {}, close_line, Body::until_close, false},
        Row{"Http10Kept",
            {.version = Version::http_1_0},
            {length},
            length_line + "connection: keep-alive\r\n",
            Body::length,
            true},
        Row{"Head", {.to_head = true}, {length}, length_line, Body::none, true},
        Row{"HeadWithoutLength", {.to_head = true}, {}, "", Body::none, true},
        Row{"HeadIn10",
            {.version = Version::http_1_0, .to_head = true},
            {},
            "connection: keep-alive\r\n",
            Body::none,
            true},
        Row{"NoContent", {.status = 204}, {length}, "", Body::none, true},
        Row{"NotModified", {.status = 304}, {length}, length_line, Body::none, true},
        Row{"ResetContent", {.status = 205}, {length}, "content-length: 0\r\n", Body::none, true},
        Row{"ResetContentWithoutLength",
            {.status = 205},
            {},
            "content-length: 0\r\n",
            Body::none,
            true},
        Row{"NotModifiedWithoutLength", {.status = 304}, {}, "", Body::none, true}),
    [](const auto& row) { return std::string{row.param.name}; });

std::string written(HeadWriter& writer, int status, std::vector<Field> fields,
                    std::time_t at = now) {
  http::Buffer out;
  fields.push_back({"content-length", "0"});
  writer.write(out, {.status = status, .fields = fields}, at);
  return std::string{out.view()};
}

TEST(Writer, SaysThePhraseOrNothing) {
  HeadWriter writer{"", false, {}};
  EXPECT_EQ(written(writer, 200, {}), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(written(writer, 404, {}), "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(written(writer, 299, {}), "HTTP/1.1 299 \r\ncontent-length: 0\r\n\r\n");
}

TEST(Writer, TheApplicationsDateAndServerWin) {
  HeadWriter writer{"asgi-worker", true, {{"x-extra", "1"}}};
  EXPECT_EQ(written(writer, 200, {{"server", "mine"}}),
            "HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\nx-extra: 1\r\n"
            "server: mine\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(written(writer, 200, {{"date", "today"}}),
            "HTTP/1.1 200 OK\r\nserver: asgi-worker\r\nx-extra: 1\r\n"
            "date: today\r\ncontent-length: 0\r\n\r\n");
}

TEST(Writer, AnExtraServerReplacesOurs) {
  HeadWriter writer{"asgi-worker", false, {{"server", "foo"}, {"x", "y"}}};
  EXPECT_EQ(written(writer, 200, {}),
            "HTTP/1.1 200 OK\r\nserver: foo\r\nx: y\r\ncontent-length: 0\r\n\r\n");
}

TEST(Writer, RenewsTheDate) {
  HeadWriter writer{"", true, {}};
  EXPECT_NE(written(writer, 200, {}).find("08:49:37"), std::string::npos);
  EXPECT_NE(written(writer, 200, {}, now + 1).find("08:49:38"), std::string::npos);
}

TEST(Writer, RefusesAsUvicornDoes) {
  HeadWriter writer{"asgi-worker", true, {}};
  http::Buffer out;
  writer.write_refusal(out, {.status = 400}, now);
  EXPECT_EQ(out.view(), "HTTP/1.1 400 Bad Request\r\n" + ours +
                            "content-type: text/plain; charset=utf-8\r\ncontent-length: 30\r\n"
                            "connection: close\r\n\r\nInvalid HTTP request received.");
}

TEST(Writer, RefusesConnectWithWhatIsAllowed) {
  HeadWriter writer{"", false, {}};
  http::Buffer out;
  writer.write_refusal(out, {.status = 405}, now);
  EXPECT_NE(out.view().find("\r\nallow: GET, "), std::string_view::npos);
}

TEST(Writer, RefusesHeadWithoutABody) {
  HeadWriter writer{"", false, {}};
  http::Buffer out;
  writer.write_refusal(out, {.status = 500, .text = "Internal Server Error", .to_head = true}, now);
  EXPECT_EQ(out.view(),
            "HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain; charset=utf-8\r\n"
            "content-length: 21\r\nconnection: close\r\n\r\n");
}

TEST(Writer, EndsABodyWithItsTrailers) {
  http::Buffer out;
  write_last_chunk(out, {});
  EXPECT_EQ(out.view(), "0\r\n\r\n");
  out.clear();
  const Field fields[] = {{"a", "1"}, {"b", ""}};
  write_last_chunk(out, fields);
  EXPECT_EQ(out.view(), "0\r\na: 1\r\nb: \r\n\r\n");
}

TEST(Writer, WritesAnInterimAnswer) {
  http::Buffer out;
  const Field fields[] = {{"link", "</a>"}};
  write_interim(out, 103, fields);
  EXPECT_EQ(out.view(), "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
}

}  // namespace
}  // namespace asgi_worker::http1
