#include "asgi-worker/http1/known_sections.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/http1/transcript.hpp"

namespace asgi_worker::http1 {
namespace {

/// Connections of one server.
class KnownFields : public testing::Test {
 protected:
  /// The number of the head of one request, on a connection that ends with it.
  std::uint64_t section_of(std::string input) {
    Parser one = parser();
    return section(one, std::move(input));
  }
  static std::uint64_t section(Parser& parser, std::string input) {
    EXPECT_EQ(parser.next(input.data(), input.size()).event, Parser::Event::head);
    EXPECT_EQ(parser.next(input.data() + input.size(), 0).event, Parser::Event::end);
    return parser.head().section;
  }
  Parser parser() { return Parser{limits_, best_kernel(), &known_}; }
  static std::string get(const std::string& fields, const std::string& target = "/") {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  }

  http::Limits limits_;
  KnownSections known_;
};

TEST_F(KnownFields, HaveTheSameNumberOnEveryConnection) {
  const auto first = section_of(get("A: b\r\n"));
  EXPECT_NE(first, 0u);
  EXPECT_EQ(section_of(get("A: b\r\n", "/another?target")), first);
}

TEST_F(KnownFields, HaveAnotherNumberWhenAByteIsAnother) {
  const auto first = section_of(get("A: b\r\n"));
  for (const char* const other : {"a: b\r\n", "A: B\r\n", "A: b \r\n", "A: b\r\nC: d\r\n", ""}) {
    const auto second = section_of(get(other));
    EXPECT_NE(second, 0u) << other;
    EXPECT_NE(second, first) << other;
  }
}

TEST_F(KnownFields, AreFoundAgainByTheConnectionThatHadThem) {
  Parser one = parser();
  Parser other = parser();
  const auto first = section(one, get("A: 1\r\n"));
  const auto second = section(other, get("A: 2\r\n"));
  EXPECT_EQ(section(one, get("A: 1\r\n")), first);
  EXPECT_EQ(section(other, get("A: 2\r\n")), second);
}

TEST_F(KnownFields, AreForgottenForOthersAndNeverTakenForThem) {
  Parser one = parser();
  const auto first = section(one, get("A: first\r\n"));
  for (std::size_t number = 0; number < 50 * KnownSections::places; ++number)
    section_of(get("A: " + std::to_string(number) + "\r\n"));
  EXPECT_NE(section(one, get("A: first\r\n")), first);
}

TEST_F(KnownFields, AreNotThoseOfATargetInAbsoluteForm) {
  EXPECT_NE(section_of(get("")), 0u);
  EXPECT_EQ(section_of(get("", "http://b/")), 0u);  // its host is another one
}

TEST_F(KnownFields, AreJudgedByTheRequestThatHasThem) {
  EXPECT_NE(section_of("GET / HTTP/1.0\r\nA: b\r\n\r\n"), 0u);
  std::string input = "GET / HTTP/1.1\r\nA: b\r\n\r\n";  // 1.1 needs a host
  Parser later = parser();
  EXPECT_EQ(later.next(input.data(), input.size()).status, 400);
}

TEST_F(KnownFields, AreWholeOnes) {
  Parser one = parser();
  const auto first = section(one, get("A: b\r\n"));
  std::string input = get("A: b\r\n");
  Parser other = parser();
  const std::size_t cut = input.size() - 2;
  ASSERT_EQ(other.next(input.data(), cut).event, Parser::Event::need_more);
  ASSERT_EQ(other.next(input.data(), input.size()).event, Parser::Event::head);
  EXPECT_NE(other.head().section, first);  // it came in pieces, and was parsed
  EXPECT_EQ(text_of(other.head()), "GET / 1.1 {host: a, a: b}");
}

TEST_F(KnownFields, OverTheirLargestAreParsedEachTime) {
  const std::string fields = "A: " + std::string(KnownSections::most_bytes, 'x') + "\r\n";
  EXPECT_EQ(section_of(get(fields)), 0u);
  EXPECT_EQ(section_of(get(fields)), 0u);
}

}  // namespace
}  // namespace asgi_worker::http1
