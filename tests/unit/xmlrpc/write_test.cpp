#include "supervisord/xmlrpc/write.hpp"

#include <gtest/gtest.h>

namespace supervisord::xmlrpc {
namespace {

/// The value's own XML.
std::string written(const Value& value) {
  const std::string all = write_response(value);
  constexpr std::string_view before =
      "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n";
  constexpr std::string_view behind = "</param>\n</params>\n</methodResponse>\n";
  EXPECT_TRUE(all.starts_with(before) && all.ends_with(behind)) << all;
  return all.substr(before.size(), all.size() - before.size() - behind.size());
}

struct WriteRow {
  const char* name;
  Value value;
  std::string xml;
};
class Write : public testing::TestWithParam<WriteRow> {};
TEST_P(Write, IsAsPythonWritesIt) { EXPECT_EQ(written(GetParam().value), GetParam().xml); }
INSTANTIATE_TEST_SUITE_P(
    Values, Write,
    testing::Values(
        WriteRow{"Text", "a&b<c>\"'", "<value><string>a&amp;b&lt;c&gt;\"'</string></value>\n"},
        WriteRow{"EmptyText", "", "<value><string></string></value>\n"},
        WriteRow{"Integer", -7, "<value><int>-7</int></value>\n"},
        WriteRow{"LargeInteger", std::int64_t{1} << 40, "<value><int>2147483647</int></value>\n"},
        WriteRow{"SmallInteger", -(std::int64_t{1} << 40),
                 "<value><int>-2147483648</int></value>\n"},
        WriteRow{"True", true, "<value><boolean>1</boolean></value>\n"},
        WriteRow{"False", false, "<value><boolean>0</boolean></value>\n"},
        WriteRow{"Double", 1.5, "<value><double>1.5</double></value>\n"},
        WriteRow{"Bytes", Bytes{"abc"}, "<value><base64>\nYWJj\n</base64></value>\n"},
        WriteRow{"EmptyArray", Array{}, "<value><array><data>\n</data></array></value>\n"},
        WriteRow{"AnArray", Array{1, "x"},
                 "<value><array><data>\n<value><int>1</int></value>\n"
                 "<value><string>x</string></value>\n</data></array></value>\n"},
        WriteRow{"AStruct", Struct{{"a<", 1}},
                 "<value><struct>\n<member>\n<name>a&lt;</name>\n<value><int>1</int></value>\n"
                 "</member>\n</struct></value>\n"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(WriteFault, IsAStructOfCodeAndText) {
  EXPECT_EQ(write_fault(10, "BAD_NAME: x"),
            "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n"
            "<name>faultCode</name>\n<value><int>10</int></value>\n</member>\n<member>\n"
            "<name>faultString</name>\n<value><string>BAD_NAME: x</string></value>\n</member>\n"
            "</struct></value>\n</fault>\n</methodResponse>\n");
}

struct TextRow {
  const char* name;
  std::string text;
  std::string clean;
};
class CleanText : public testing::TestWithParam<TextRow> {};
TEST_P(CleanText, IsWhatXmlCanBear) {
  EXPECT_EQ(clean_text(GetParam().text), GetParam().clean);
  EXPECT_EQ(written(GetParam().text), "<value><string>" + GetParam().clean + "</string></value>\n");
}
INSTANTIATE_TEST_SUITE_P(Write, CleanText,
                         testing::Values(TextRow{"Plain", "a\tb\r\nc", "a\tb\r\nc"},
                                         TextRow{"Umlaut", "\xC3\xA4", "\xC3\xA4"},
                                         TextRow{"Escape", "\x1B[31mred", "\xEF\xBF\xBD[31mred"},
                                         TextRow{"Zero", std::string{"a\0b", 3},
                                                 "a\xEF\xBF\xBD"
                                                 "b"},
                                         TextRow{"Latin1", "\xE4x", "\xEF\xBF\xBDx"},
                                         TextRow{"NoCharacter", "\xEF\xBF\xBF", "\xEF\xBF\xBD"}),
                         [](const auto& row) { return std::string{row.param.name}; });

struct CutRow {
  const char* name;
  std::string_view text;
  std::string_view whole;
};
class WholeCharacters : public testing::TestWithParam<CutRow> {};
TEST_P(WholeCharacters, LeavesNoHalves) {
  EXPECT_EQ(whole_characters(GetParam().text), GetParam().whole);
}
INSTANTIATE_TEST_SUITE_P(Write, WholeCharacters,
                         testing::Values(CutRow{"Nothing", "", ""}, CutRow{"Plain", "abc", "abc"},
                                         CutRow{"Whole", "\xE2\x82\xAC", "\xE2\x82\xAC"},
                                         CutRow{"HalfAtTheEnd", "a\xE2\x82", "a"},
                                         CutRow{"LeadAtTheEnd", "a\xF0", "a"},
                                         CutRow{"HalfAtTheBeginning",
                                                "\x82\xAC"
                                                "a",
                                                "a"},
                                         CutRow{"HalvesAtBothEnds", "\xACx\xF0\x9F\x98", "x"},
                                         CutRow{"OnlyHalves", "\x82\xAC", ""}),
                         [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace supervisord::xmlrpc
