#include "asgi-worker/http1/chunked.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace asgi_worker::http1 {
namespace {

using namespace std::string_literals;

/// "[data]" joined, then "." with what was left behind the end, "!" when refused.
std::string decoded(const std::vector<std::string_view>& pieces) {
  ChunkedDecoder decoder;
  std::string data;
  std::string end;
  for (std::string_view piece : pieces) {
    while (end.empty()) {
      const ChunkedDecoder::Step step = decoder.next(piece);
      piece.remove_prefix(step.consumed);
      data += step.data;
      if (step.event == ChunkedDecoder::Event::need_more) break;
      if (step.event == ChunkedDecoder::Event::end) end = ".";
      if (step.event == ChunkedDecoder::Event::bad) return "[" + data + "]!";
    }
    if (!end.empty()) end += piece;
  }
  return "[" + data + "]" + end;
}

struct Row {
  const char* name;
  std::string input;
  std::string output;
};
class Chunked : public testing::TestWithParam<Row> {};

TEST_P(Chunked, IsDecodedAsTheTableSays) {
  EXPECT_EQ(decoded({GetParam().input}), GetParam().output);
}

TEST_P(Chunked, IsDecodedTheSameInEverySplit) {
  const std::string_view input = GetParam().input;
  const std::size_t step = input.size() > 1'000 ? 991 : 1;
  for (std::size_t at = 0; at <= input.size(); at += step)
    ASSERT_EQ(decoded({input.substr(0, at), input.substr(at)}), GetParam().output) << at;
}

INSTANTIATE_TEST_SUITE_P(
    Chunked, Chunked,
    testing::Values(
        Row{"Empty", "0\r\n\r\n", "[]."}, Row{"Two", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "[abc]."},
        Row{"LeavesWhatFollows", "1\r\na\r\n0\r\n\r\nGET", "[a].GET"},
        Row{"HexadecimalInBothCases", "a\r\n0123456789\r\nB\r\nabcdefghijk\r\n0\r\n\r\n",
            "[0123456789abcdefghijk]."},
        Row{"LeadingZeros", "0001\r\na\r\n000\r\n\r\n", "[a]."},
        Row{"Extensions", "1;a=b;c=\"d\"\r\na\r\n0;last\r\n\r\n", "[a]."},
        Row{"Trailers", "1\r\na\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n", "[a]."},
        Row{"TrailerWithoutColon", "0\r\nX\r\n\r\n", "[]!"},
        Row{"FoldedTrailer", "0\r\nX: 1\r\n 2\r\n\r\n", "[]!"}, Row{"NoSize", "\r\na\r\n", "[]!"},
        Row{"NotHexadecimal", "g\r\n", "[]!"}, Row{"Prefix", "0x1\r\na\r\n", "[]!"},
        Row{"Signed", "+1\r\na\r\n", "[]!"}, Row{"BlankBeforeSize", " 1\r\na\r\n", "[]!"},
        Row{"BlankAfterSize", "1 \r\na\r\n", "[]!"},
        Row{"BareLineFeedAfterSize", "1\na\r\n0\r\n\r\n", "[]!"},
        Row{"BareLineFeedInExtension", "1;a\na\r\n", "[]!"},
        Row{"CarriageReturnInExtension", "1;a\rb\r\na\r\n", "[]!"},
        Row{"BareLineFeedAfterData", "1\r\na\n0\r\n\r\n", "[a]!"},
        Row{"DataLongerThanSaid", "1\r\nab\r\n0\r\n\r\n", "[a]!"},
        Row{"BareLineFeedAtTheEnd", "0\r\n\n", "[]!"},
        Row{"SizeTooLong", "1000000000000000\r\n", "[]!"},
        Row{"EndlessExtension", "1;" + std::string(70'000, 'x'), "[]!"},
        Row{"EndlessTrailer", "0\r\nX: " + std::string(70'000, 'x'), "[]!"},
        Row{"ControlInExtension", "1;\x01\r\na\r\n"s, "[]!"}, Row{"CutShort", "5\r\nab", "[ab]"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(ChunkedEncoder, WritesSizeAndData) {
  http::Buffer out;
  append_chunk(out, "hello");
  append_chunk(out, std::string(300, 'x'));
  out.append(last_chunk);
  EXPECT_EQ(out.view(), "5\r\nhello\r\n12c\r\n" + std::string(300, 'x') + "\r\n0\r\n\r\n");
}

TEST(ChunkedEncoder, NeverEndsABodyByAnEmptyChunk) {
  http::Buffer out;
  append_chunk(out, "");
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace asgi_worker::http1
