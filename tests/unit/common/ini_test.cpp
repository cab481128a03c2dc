#include "common/ini.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace common {
namespace {

/// The one value of a text with one key.
std::string value_of(const std::string& text) {
  const IniDocument document = parse_ini(text, "f");
  EXPECT_TRUE(document.errors.empty());
  EXPECT_EQ(document.entries.size(), 1u);
  return document.entries.empty() ? "" : document.entries.front().value;
}

struct ValueRow {
  const char* name;
  const char* text;  // what follows "[a]\n"
  const char* value;
};

class IniValue : public testing::TestWithParam<ValueRow> {};
TEST_P(IniValue, IsRead) {
  EXPECT_EQ(value_of("[a]\n" + std::string{GetParam().text}), GetParam().value);
}
INSTANTIATE_TEST_SUITE_P(
    Ini, IniValue,
    testing::Values(
        ValueRow{"Plain", "x=1\n", "1"}, ValueRow{"WithoutLineEnd", "x=1", "1"},
        ValueRow{"Colon", "x : 1\n", "1"}, ValueRow{"FirstSeparator", "a=b=c:d\n", "b=c:d"},
        ValueRow{"Empty", "x=\n", ""}, ValueRow{"Trimmed", "x =  a b \t\n", "a b"},
        ValueRow{"InlineComment", "x=a ; b\n", "a"}, ValueRow{"InlineHash", "x=a\t# b\n", "a"},
        ValueRow{"CommentInQuotes", "x=sh -c \"a ; b\"\n", "sh -c \"a"},
        ValueRow{"NoBlankBefore", "x=a;b#c\n", "a;b#c"},
        ValueRow{"FirstOfBoth", "x=a;b ;c # d\n", "a;b"}, ValueRow{"Quotes", "x=\"a\"\n", "\"a\""},
        ValueRow{"Continued", "x=a\n  b\n\tc\n", "a\nb\nc"},
        ValueRow{"ContinuedFromNothing", "x=\n  b\n", "\nb"},
        ValueRow{"CommentBetween", "x=a\n  ; no\n# no\n  b\n", "a\nb"},
        ValueRow{"EmptyLinesInside", "x=a\n\n  \n b\n", "a\n\n\nb"},
        ValueRow{"EmptyLinesBehind", "x=a\n\n\n", "a"},
        ValueRow{"ContinuedWithSeparator", "x=a\n b=c\n", "a\nb=c"},
        ValueRow{"ContinuedWithHeader", "x=a\n [b]\n", "a\n[b]"},
        ValueRow{"DeeperThanIndentedKey", "  x=a\n    b\n", "a\nb"},
        ValueRow{"CrLf", "x=a\r\n b\r\n", "a\nb"}, ValueRow{"Utf8", "x=\xc3\xa9\n", "\xc3\xa9"},
        ValueRow{"NotUtf8", "x=\xff\xfe\n", "\xff\xfe"}, ValueRow{"Percent", "x=%41%%\n", "%41%%"},
        ValueRow{"RemIsNoComment", "rem=1\n", "1"}),
    [](const auto& row) { return std::string{row.param.name}; });

struct HeaderRow {
  const char* name;
  const char* line;
  const char* section;
};

class IniHeader : public testing::TestWithParam<HeaderRow> {};
TEST_P(IniHeader, EndsAtTheLastBracket) {
  const IniDocument document = parse_ini(std::string{GetParam().line} + "\n", "f");
  ASSERT_EQ(document.sections.size(), 1u);
  EXPECT_EQ(document.sections.front().name, GetParam().section);
}
INSTANTIATE_TEST_SUITE_P(Ini, IniHeader,
                         testing::Values(HeaderRow{"Plain", "[a]", "a"},
                                         HeaderRow{"Trailing", "[a]trailing", "a"},
                                         HeaderRow{"Comment", "[a] ; c]", "a"},
                                         HeaderRow{"Blanks", "[ a ]", " a "},
                                         HeaderRow{"Brackets", "[a[1]]", "a[1]"},
                                         HeaderRow{"Case", "[Program:X]", "Program:X"},
                                         HeaderRow{"Indented", "  [a]", "a"}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(Ini, KeepsOrderPlacesAndDuplicates) {
  const IniDocument document =
      parse_ini("; top\n[b]\nX=1\n[a]\n\ny : 2\n  3\n[b]\nx=4\n", "/etc/f.conf");
  const std::vector<IniSection> sections{
      {"b", "/etc/f.conf", 2}, {"a", "/etc/f.conf", 4}, {"b", "/etc/f.conf", 8}};
  const std::vector<IniEntry> entries{{"b", "x", "1", "/etc/f.conf", 3},
                                      {"a", "y", "2\n3", "/etc/f.conf", 6},
                                      {"b", "x", "4", "/etc/f.conf", 9}};
  EXPECT_EQ(document.sections, sections);
  EXPECT_EQ(document.entries, entries);
}

TEST(Ini, AnIndentedKeyIsNoContinuationOfALessIndentedHeader) {
  const IniDocument document = parse_ini("[a]\n  x=1\n  y=2\n z=3\n", "f");
  ASSERT_EQ(document.entries.size(), 3u);
  EXPECT_EQ(document.entries[2].key, "z");
}

TEST(Ini, BringsLongValuesNamesAndKeysThroughUnharmed) {
  std::string value;
  for (int i = 0; i < 64 * 1024; ++i) value += static_cast<char>('!' + i % 90);
  std::replace(value.begin(), value.end(), ';', 'x');
  std::replace(value.begin(), value.end(), '#', 'x');
  const std::string section(5000, 's');
  const std::string key(5000, 'k');
  const IniDocument document = parse_ini("[" + section + "]\n" + key + "=" + value + "\n", "f");
  ASSERT_EQ(document.entries.size(), 1u);
  EXPECT_EQ(document.entries.front().section, section);
  EXPECT_EQ(document.entries.front().key, key);
  EXPECT_EQ(document.entries.front().value, value);
}

TEST(Ini, BringsEveryByteThrough) {
  for (int byte = 1; byte < 256; ++byte) {
    if (byte == '\n' || byte == '\r') continue;
    const std::string value = std::string{"a"} + static_cast<char>(byte) + "z";
    EXPECT_EQ(value_of("[a]\nx=" + value + "\n"), value) << byte;
  }
}

TEST(Ini, ReportsEveryError) {
  const IniDocument document = parse_ini("[a]\nnovalue\nx=1\n=3\n[]\n", "f");
  const std::vector<IniError> errors{{"f", 2, "Source contains parsing errors: 'novalue'"},
                                     {"f", 4, "Source contains parsing errors: '=3'"},
                                     {"f", 5, "Source contains parsing errors: '[]'"}};
  EXPECT_EQ(document.errors, errors);
  ASSERT_EQ(document.entries.size(), 1u);
}

TEST(Ini, NeedsASectionFirst) {
  const std::vector<IniError> errors{{"f", 2, "File contains no section headers: 'x=1'"}};
  EXPECT_EQ(parse_ini("# c\nx=1\ny=2\n[a]\nz=3\n", "f").errors, errors);
}

TEST(Ini, RefusesAByteOrderMark) {
  const IniDocument document = parse_ini("\xef\xbb\xbf[a]\nx=1\n", "f");
  ASSERT_EQ(document.errors.size(), 1u);
  EXPECT_NE(document.errors.front().text.find("byte-order mark"), std::string::npos);
}

TEST(Ini, RefusesNulBytes) {
  const IniDocument document = parse_ini(std::string{"[a]\nx=1\0\n", 9}, "f");
  ASSERT_EQ(document.errors.size(), 1u);
  EXPECT_EQ(document.errors.front().line, 2);
}

}  // namespace
}  // namespace common
