#include "asgi-worker/http1/parser.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/http1/transcript.hpp"

namespace asgi_worker::http1 {
namespace {

using namespace std::string_literals;

struct Row {
  const char* name;
  std::string input;
  std::string said;
  http::Limits limits = {};
};

std::string get(std::string_view fields) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string{fields} + "\r\n";
}
std::string post(std::string_view fields, std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string{fields} + "\r\n" + std::string{body};
}
std::string chunked(std::string_view body) { return post("Transfer-Encoding: chunked\r\n", body); }
const std::string chunked_head = "POST / 1.1 {host: a, transfer-encoding: chunked}";

class ParserSays : public testing::TestWithParam<Row> {};

TEST_P(ParserSays, WhatTheTableSaysOfTheWhole) {
  for (const Kernel kernel : kernels())
    EXPECT_EQ(transcript({GetParam().input}, GetParam().limits, kernel), GetParam().said);
}

TEST_P(ParserSays, TheSameOfEverySplitInTwo) {
  const std::string_view input = GetParam().input;
  const std::size_t step = input.size() > 4'000 ? 997 : 1;
  for (std::size_t at = 1; at < input.size(); at += step)
    ASSERT_EQ(transcript({input.substr(0, at), input.substr(at)}, GetParam().limits, best_kernel()),
              GetParam().said)
        << "split at " << at;
}

TEST_P(ParserSays, TheSameByteByByte) {
  const std::string_view input = GetParam().input;
  const std::size_t size = input.size() > 20'000 ? 61 : 1;  // a line is read anew with each piece
  std::vector<std::string_view> bytes;
  for (std::size_t at = 0; at < input.size(); at += size) bytes.push_back(input.substr(at, size));
  EXPECT_EQ(transcript(bytes, GetParam().limits, best_kernel()), GetParam().said);
}

TEST_P(ParserSays, TheSameAgainOfFieldsThatAreKnown) {
  KnownSections known;
  for (int time = 0; time < 3; ++time)
    EXPECT_EQ(transcript({GetParam().input}, GetParam().limits, best_kernel(), &known),
              GetParam().said)
        << "time " << time;
}

const auto name_of = [](const auto& row) { return std::string{row.param.name}; };

INSTANTIATE_TEST_SUITE_P(
    Lines, ParserSays,
    testing::Values(
        Row{"Plain", "GET /a/b?c=d&e HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a/b?c=d&e 1.1 {host: x}."},
        Row{"Http10", "GET / HTTP/1.0\r\n\r\n", "GET / 1.0 {} close."},
        Row{"Http10KeepAlive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
            "GET / 1.0 {connection: Keep-Alive}."},
        Row{"Close", get("Connection: foo, CLOSE\r\n"),
            "GET / 1.1 {host: a, connection: foo, CLOSE} close."},
        Row{"OneEmptyLine", "\r\n" + get(""), "GET / 1.1 {host: a}."},
        Row{"TwoEmptyLines", "\r\n\r\n" + get(""), "!400"},
        Row{"BareLineFeeds", "GET / HTTP/1.1\nHost: a\n\n", "!400"},
        Row{"BareLineFeedInFields", "GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n", "!400"},
        Row{"BareLineFeedAtTheEnd", "GET / HTTP/1.1\r\nHost: a\r\n\n", "!400"},
        Row{"CarriageReturnAlone", "GET / HTTP/1.1\r\nHost: a\rB: c\r\n\r\n", "!400"},
        Row{"LowerCaseMethod", "get / HTTP/1.1\r\nHost: a\r\n\r\n", "!400"},
        Row{"UnknownMethod", "FOO-BAR! / HTTP/1.1\r\nHost: a\r\n\r\n", "FOO-BAR! / 1.1 {host: a}."},
        Row{"MethodWithASeparator", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", "!400"},
        Row{"NoMethod", " / HTTP/1.1\r\nHost: a\r\n\r\n", "!400"},
        Row{"TwoBlanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "!400"},
        Row{"BlankInTarget", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "!400"},
        Row{"TabInTarget", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", "!400"},
        Row{"HighByteInTarget", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", "!400"},
        Row{"DelInTarget", "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", "!400"},
        Row{"EscapesStay", "GET /a%20b/%C3%A9%2Fz?q=%20&x=a+b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a%20b/%C3%A9%2Fz?q=%20&x=a+b 1.1 {host: a}."},
        Row{"Fragment", "GET /x#frag?y=1 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /x 1.1 {host: a}."},
        Row{"SecondQuestionMark", "GET /x?a?b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /x?a?b 1.1 {host: a}."},
        Row{"NoSlash", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", "!400"},
        Row{"Options", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * 1.1 {host: a}."},
        Row{"StarForAnother", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "!400"},
        Row{"Connect", "CONNECT host:443 HTTP/1.1\r\nHost: host:443\r\n\r\n", "!405"},
        Row{"Http12", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "!505"},
        Row{"Http20", "GET /x HTTP/2.0\r\nHost: a\r\n\r\n", "!505"},
        Row{"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "!505"},
        Row{"Http09", "GET /\r\n", "!400"},
        Row{"LowerCaseVersion", "GET / http/1.1\r\n\r\n", "!400"},
        Row{"LongVersion", "GET / HTTP/1.10\r\n\r\n", "!400"},
        Row{"TlsHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc"s, "!0"},
        Row{"TlsAlertLikeGarbage", "\x15\x03\x01", "!400"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Targets, ParserSays,
    testing::Values(
        Row{"Absolute", "GET http://other:81/p?q HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n",
            "GET /p?q 1.1 {host: other:81, b: c}."},
        Row{"AbsoluteWithoutPath", "GET HTTP://other HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / 1.1 {host: other}."},
        Row{"AbsoluteWithQueryOnly", "GET https://other?q=1 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /?q=1 1.1 {host: other}."},
        Row{"AbsoluteIn10WithoutHost", "GET http://other/ HTTP/1.0\r\n\r\n",
            "GET / 1.0 {host: other} close."},
        Row{"AbsoluteWithoutHostField", "GET http://other/ HTTP/1.1\r\n\r\n", "!400"},
        Row{"AbsoluteWithUser", "GET http://me@other/ HTTP/1.1\r\nHost: a\r\n\r\n", "!400"},
        Row{"AbsoluteWithoutAuthority", "GET http:///p HTTP/1.1\r\nHost: a\r\n\r\n", "!400"},
        Row{"OtherScheme", "GET ftp://other/p HTTP/1.1\r\nHost: a\r\n\r\n", "!400"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Fields, ParserSays,
    testing::Values(
        Row{"NamesInLowerCase", get("X-FOO-Bar: Baz\r\nAccept-ENCODING-And-More: X\r\n"),
            "GET / 1.1 {host: a, x-foo-bar: Baz, accept-encoding-and-more: X}."},
        Row{"RareTokenBytes", get("X.Foo!#$%&'*+^`|~A-LONG.NAME: 1\r\n"),
            "GET / 1.1 {host: a, x.foo!#$%&'*+^`|~a-long.name: 1}."},
        Row{"DuplicatesInOrder", get("B: 1\r\nA: 2\r\nb: 3\r\n"),
            "GET / 1.1 {host: a, b: 1, a: 2, b: 3}."},
        Row{"BlanksAround", get("A: \t b c \t \r\nB:d\r\nC:\r\nD:   \r\n"),
            "GET / 1.1 {host: a, a: b c, b: d, c: , d: }."},
        Row{"HighBytes", get("A: \x80\xff\xc3\xa9 and what follows is long enough for vectors\r\n"),
            "GET / 1.1 {host: a, a: \x80\xff\xc3\xa9 and what follows is long enough for "
            "vectors}."},
        Row{"Underscore", get("X_Y: 1\r\n"), "GET / 1.1 {host: a, x_y: 1}."},
        Row{"UnderscoreDropped", get("X_Y: 1\r\nZ: 2\r\n"), "GET / 1.1 {host: a, z: 2}.",
            http::gunicorn_limits()},
        Row{"UnderscoreRefused",
            get("X_Y: 1\r\n"),
            "!400",
            {.underscored_names = http::UnderscoredNames::refuse}},
        Row{"Folded", get("A: 1\r\n 2\r\n"), "!400"},
        Row{"FoldedByTab", get("A: 1\r\n\t2\r\n"), "!400"},
        Row{"FoldedFirst", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "!400"},
        Row{"BlankBeforeColon", get("A : 1\r\n"), "!400"}, Row{"NoColon", get("Abc\r\n"), "!400"},
        Row{"NoName", get(": 1\r\n"), "!400"}, Row{"BadNameByte", get("A(b: 1\r\n"), "!400"},
        Row{"HighByteInName", get("A\xe9: 1\r\n"), "!400"},
        Row{"NulInValue", get("A: b\0c\r\n"s), "!400"},
        Row{"ControlFarInAValue", get("A: " + std::string(100, 'x') + "\x01\r\n"), "!400"},
        Row{"DelInValue", get("A: \x7f\r\n"), "!400"},
        Row{"NoHost", "GET / HTTP/1.1\r\n\r\n", "!400"},
        Row{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "!400"},
        Row{"TwoHostsIn10", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "!400"},
        Row{"EmptyHost", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / 1.1 {host: }."},
        Row{"HostWithPath", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "!400"},
        Row{"HostWithUser", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "!400"},
        Row{"HostOfIpv6", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
            "GET / 1.1 {host: [::1]:80}."},
        Row{"Upgrade", get("Upgrade: h2c\r\nConnection: Upgrade\r\n"),
            "GET / 1.1 {host: a, upgrade: h2c, connection: Upgrade} upgrade=h2c."},
        Row{"UpgradeNotAsked", get("Upgrade: h2c\r\n"), "GET / 1.1 {host: a, upgrade: h2c}."},
        Row{"OtherExpectation", post("Expect: tea\r\nContent-Length: 1\r\n", "x"),
            "POST / 1.1 {host: a, expect: tea, content-length: 1}[x]."},
        Row{"ExpectWithoutBody", get("Expect: 100-continue\r\n"),
            "GET / 1.1 {host: a, expect: 100-continue}."},
        Row{"ExpectIn10", "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
            "POST / 1.0 {expect: 100-continue, content-length: 1} close[x]."}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Framing, ParserSays,
    testing::Values(
        Row{"Length", post("Content-Length: 5\r\n", "hello"),
            "POST / 1.1 {host: a, content-length: 5}[hello]."},
        Row{"LengthZero", post("Content-Length: 0\r\n", ""),
            "POST / 1.1 {host: a, content-length: 0}."},
        Row{"LengthAndMore", post("Content-Length: 2\r\n", "hi" + get("")),
            "POST / 1.1 {host: a, content-length: 2}[hi].GET / 1.1 {host: a}."},
        Row{"LengthCutShort", post("Content-Length: 5\r\n", "he"),
            "POST / 1.1 {host: a, content-length: 5}[he]"},
        Row{"TwoEqualLengths", post("Content-Length: 1\r\nContent-Length: 1\r\n", "x"), "!400"},
        Row{"TwoLengths", post("Content-Length: 1\r\nContent-Length: 2\r\n", "xx"), "!400"},
        Row{"ListOfLengths", post("Content-Length: 1, 1\r\n", "x"), "!400"},
        Row{"NegativeLength", post("Content-Length: -1\r\n", ""), "!400"},
        Row{"SignedLength", post("Content-Length: +2\r\n", "xx"), "!400"},
        Row{"HexLength", post("Content-Length: 0x1\r\n", "x"), "!400"},
        Row{"EmptyLength", post("Content-Length:\r\n", ""), "!400"},
        Row{"HugeLength", post("Content-Length: 18446744073709551617\r\n", "x"), "!400"},
        Row{"LengthAndCoding",
            post("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "!400"},
        Row{"CodingAndLength",
            post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), "!400"},
        Row{"CodingIn10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!400"},
        Row{"Gzip", post("Transfer-Encoding: gzip\r\n", ""), "!501"},
        Row{"GzipChunked", post("Transfer-Encoding: gzip, chunked\r\n", ""), "!501"},
        Row{"Identity", post("Transfer-Encoding: identity\r\n", ""), "!501"},
        Row{"ChunkedWithAVerticalTab",
            post("Transfer-Encoding: \x0b"
                 "chunked\r\n",
                 ""),
            "!400"},
        Row{"ChunkedTwice", post("Transfer-Encoding: chunked, chunked\r\n", ""), "!400"},
        Row{"ChunkedInTwoLines",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ""), "!400"},
        Row{"EmptyCoding", post("Transfer-Encoding:\r\n", ""), "!400"},
        Row{"CodingWithoutCase", post("Transfer-Encoding: CHUNKED\r\n", "1\r\nx\r\n0\r\n\r\n"),
            "POST / 1.1 {host: a, transfer-encoding: CHUNKED}[x]."},
        Row{"Chunks", chunked("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"),
            chunked_head + "[abc0123456789]."},
        Row{"ChunksAndMore", chunked("1\r\nx\r\n0\r\n\r\n" + get("")),
            chunked_head + "[x].GET / 1.1 {host: a}."},
        Row{"BadChunkSize", chunked("1\r\nx\r\nzz\r\n"), chunked_head + "[x]!400"},
        Row{"Expect", post("Expect: 100-Continue\r\nContent-Length: 1\r\n", "x"),
            "POST / 1.1 {host: a, expect: 100-Continue, content-length: 1} expect[x]."},
        Row{"BodyOverTheLimit", post("Content-Length: 11\r\n", ""), "!413", {.body = 10}},
        Row{"BodyAtTheLimit",
            post("Content-Length: 2\r\n", "hi"),
            "POST / 1.1 {host: a, content-length: 2}[hi].",
            {.body = 2}},
        Row{"PipelinedThree", get("") + post("Content-Length: 1\r\n", "x") + get("B: c\r\n"),
            "GET / 1.1 {host: a}.POST / 1.1 {host: a, content-length: 1}[x]."
            "GET / 1.1 {host: a, b: c}."},
        Row{"GarbageBehindARequest", get("") + "\x01", "GET / 1.1 {host: a}.!400"}),
    name_of);

std::string target_of(std::size_t size) { return "/" + std::string(size - 1, 'x'); }
std::string fields_of(int count) {
  std::string fields;
  for (int index = 0; index < count; ++index) fields += "A: b\r\n";
  return fields;
}
std::string said_of(int count) {
  std::string said = "GET / 1.1 {host: a";
  for (int index = 0; index < count; ++index) said += ", a: b";
  return said + "}.";
}

INSTANTIATE_TEST_SUITE_P(
    Limits, ParserSays,
    testing::Values(
        Row{"LineOf5000", "GET " + target_of(5'000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET " + target_of(5'000) + " 1.1 {host: a}."},
        Row{"LineOf5000ForGunicorn", "GET " + target_of(5'000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
            "!414", http::gunicorn_limits()},
        Row{"LineAtTheLimit", "GET " + target_of(4'094 - 13) + " HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET " + target_of(4'094 - 13) + " 1.1 {host: a}.", http::gunicorn_limits()},
        Row{"LineOneOver", "GET " + target_of(4'095 - 13) + " HTTP/1.1\r\nHost: a\r\n\r\n", "!414",
            http::gunicorn_limits()},
        Row{"LineOf70000", "GET " + target_of(70'000) + " HTTP/1.1\r\nHost: a\r\n\r\n", "!414"},
        Row{"LineWithoutEnd", "GET " + target_of(500'000), "!414"},
        Row{"BadByteBehindTheLimit", "GET " + target_of(5'000) + "\x01", "!414",
            http::gunicorn_limits()},
        Row{"BadByteBeforeTheLimit", "GET /\x01" + target_of(5'000), "!400",
            http::gunicorn_limits()},
        Row{"MethodWithoutEnd", std::string(5'000, 'M'), "!414", http::gunicorn_limits()},
        Row{"FieldOf9000", get("A: " + std::string(8'995, 'b') + "\r\n"),
            "GET / 1.1 {host: a, a: " + std::string(8'995, 'b') + "}."},
        Row{"FieldOf9000ForGunicorn", get("A: " + std::string(8'995, 'b') + "\r\n"), "!431",
            http::gunicorn_limits()},
        Row{"FieldAtTheLimit", get("A: " + std::string(8'185, 'b') + "\r\n"),
            "GET / 1.1 {host: a, a: " + std::string(8'185, 'b') + "}.", http::gunicorn_limits()},
        Row{"FieldOneOver", get("A: " + std::string(8'186, 'b') + "\r\n"), "!431",
            http::gunicorn_limits()},
        Row{"FieldTwoOver", get("A: " + std::string(8'187, 'b') + "\r\n"), "!431",
            http::gunicorn_limits()},
        Row{"FieldOf70000", get("A: " + std::string(70'000, 'b') + "\r\n"), "!431"},
        Row{"NameWithoutEnd", get(std::string(70'000, 'b')), "!431"},
        Row{"HundredFieldsForGunicorn", get(fields_of(99)), said_of(99), http::gunicorn_limits()},
        Row{"OneMoreForGunicorn", get(fields_of(100)), "!431", http::gunicorn_limits()},
        Row{"OneHundredAndOne", get(fields_of(100)), said_of(100)},
        Row{"ThousandFields", get(fields_of(999)), said_of(999)},
        Row{"ThousandAndOne", get(fields_of(1'000)), "!431"},
        Row{"SectionOverItsLimit", get(fields_of(20)), "!431", {.field_section = 100}}),
    name_of);

TEST(Parser, RefusesAChunkedBodyOverTheLimit) {
  const std::string input = chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
  const std::string said = transcript({input}, {.body = 10}, best_kernel());
  EXPECT_EQ(said, chunked_head + "[hello]!413");
}

TEST(Parser, GivesTheLengthAndFramingOfABody) {
  const http::Limits limits;
  Parser parser{limits};
  std::string input = post("Content-Length: 5\r\n", "");
  ASSERT_EQ(parser.next(input.data(), input.size()).event, Parser::Event::head);
  EXPECT_EQ(parser.head().framing, Framing::length);
  EXPECT_EQ(parser.head().content_length, 5u);
  EXPECT_TRUE(parser.in_body());
}

}  // namespace
}  // namespace asgi_worker::http1
