#include "common/ini.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

/// "[section] key=value@line; ..." of all entries.
std::string read(std::string_view text) {
  std::string out;
  for (const auto& entry : parse_ini(text, "f").entries) {
    if (!out.empty()) out += "; ";
    out += "[" + entry.section + "] " + entry.key + "=" + entry.value + "@" +
           std::to_string(entry.line);
  }
  return out;
}

struct Row {
  const char* name;
  const char* text;
  const char* entries;
};
class Dialect : public testing::TestWithParam<Row> {};

TEST_P(Dialect, IsReadAsPythonReadsIt) {
  EXPECT_EQ(read(GetParam().text), GetParam().entries);
  EXPECT_TRUE(parse_ini(GetParam().text, "f").errors.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Ini, Dialect,
    testing::Values(
        Row{"Plain", "[a]\nx=1\ny = 2\nz: 3\n", "[a] x=1@2; [a] y=2@3; [a] z=3@4"},
        Row{"FirstSeparatorCounts", "[a]\na=b=c:d\ne:f=g\n", "[a] a=b=c:d@2; [a] e=f=g@3"},
        Row{"KeysAreLowered", "[a]\nStartSecs=5\n", "[a] startsecs=5@2"},
        Row{"SectionsAreNot", "[A]\nx=1\n", "[A] x=1@2"},
        Row{"EmptyValue", "[a]\nx=\ny\t=\t\n", "[a] x=@2; [a] y=@3"},
        Row{"LastBracketEndsTheName", "[a]b]trailing\nx=1\n", "[a]b] x=1@2"},
        Row{"BlanksInTheNameStay", "[ a ] ; comment\nx=1\n", "[ a ] x=1@2"},
        Row{"FullLineComments", "; c\n# c\n[a]\n ; c\nx=1\n", "[a] x=1@5"},
        Row{"InlineComments", "[a]\nx=1 ; c\ny=2 # c\nz=a;b#c\n",
            "[a] x=1@2; [a] y=2@3; [a] z=a;b#c@4"},
        Row{"InlineCommentInsideQuotes", "[a]\ncommand=sh -c \"a ; b\"\n",
            "[a] command=sh -c \"a@2"},
        Row{"Continuation", "[a]\nx=1\n  2\n\t3\ny=4\n", "[a] x=1\n2\n3@2; [a] y=4@5"},
        Row{"ContinuationIsDeeperThanItsKey", "[a]\n  x=1\n  y=2\n    3\n",
            "[a] x=1@2; [a] y=2\n3@3"},
        Row{"CommentsInAContinuationVanish", "[a]\nx=1\n; c\n  # c\n  2\n", "[a] x=1\n2@2"},
        Row{"EmptyLinesInAContinuationStay", "[a]\nx=1\n\n  2\n\n\ny=3\n",
            "[a] x=1\n\n2@2; [a] y=3@7"},
        Row{"BracketInAContinuation", "[a]\nx=1\n  [b]\n", "[a] x=1\n[b]@2"},
        Row{"CarriageReturns", "[a]\r\nx=1\r\n  2\r\n", "[a] x=1\n2@2"},
        Row{"NoFinalNewline", "[a]\nx=1", "[a] x=1@2"},
        Row{"DuplicatesComeTwice", "[a]\nx=1\n[b]\nx=2\n[a]\nx=3\n",
            "[a] x=1@2; [b] x=2@4; [a] x=3@6"},
        Row{"Utf8", "[gr\xc3\xbc\xc3\x9f]\nx=\xe4\xbd\xa0\xe5\xa5\xbd\n",
            "[gr\xc3\xbc\xc3\x9f] x=\xe4\xbd\xa0\xe5\xa5\xbd@2"},
        Row{"NoBytesAreSpecial", "[a]\nx=\xff\xfe\x01%41=[\n", "[a] x=\xff\xfe\x01%41=[@2"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Ini, ValueOf64KilobytesComesThrough) {
  const std::string value(65536, 'v');
  const auto text = parse_ini("[a]\nx=" + value + "\n", "f");
  ASSERT_EQ(text.entries.size(), 1U);
  EXPECT_EQ(text.entries[0].value, value);
}

TEST(Ini, LongNamesComeThrough) {
  const std::string section(300, 's');
  const std::string key(300, 'k');
  const auto text = parse_ini("[" + section + "]\n" + key + "=1\n", "f");
  ASSERT_EQ(text.entries.size(), 1U);
  EXPECT_EQ(text.entries[0].section, section);
  EXPECT_EQ(text.entries[0].key, key);
}

TEST(Ini, ManySectionsKeepTheirPlaces) {
  std::string whole;
  for (int i = 0; i < 3000; ++i)
    whole += "[s" + std::to_string(i) + "]\nx=" + std::to_string(i) + "\n";
  const auto text = parse_ini(whole, "f");
  ASSERT_EQ(text.entries.size(), 3000U);
  EXPECT_EQ(text.entries[2999].section, "s2999");
  EXPECT_EQ(text.entries[2999].value, "2999");
}

TEST(Ini, AllErrorsAreNamedWithTheirPlaces) {
  const auto text = parse_ini("x=1\n[a]\nnovalue\ny=2\n=3\n", "/etc/f.conf");
  ASSERT_EQ(text.errors.size(), 3U);
  EXPECT_EQ(text.errors[0],
            "/etc/f.conf:1: File contains no section headers before 'x=1' (expected [section])");
  EXPECT_EQ(text.errors[1],
            "/etc/f.conf:3: Source contains parsing errors in [a]: 'novalue' (expected key=value)");
  EXPECT_EQ(text.errors[2],
            "/etc/f.conf:5: Source contains parsing errors in [a]: '=3' (expected key=value)");
  ASSERT_EQ(text.entries.size(), 1U);
}

TEST(Ini, ByteOrderMarkIsAnError) {
  EXPECT_EQ(parse_ini("\xef\xbb\xbf[a]\nx=1\n", "f").errors.size(), 1U);
}

}  // namespace
}  // namespace common
