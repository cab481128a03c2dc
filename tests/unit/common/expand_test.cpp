#include "common/expand.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

Names some_names() {
  Names names;
  names.set("here", "/etc");
  names.set("program_name", "caf\xc3\xa9");
  names.set("process_num", std::int64_t{7});
  names.set("minus", std::int64_t{-5});
  names.set("a(b)", "nested");
  return names;
}

std::string expanded(std::string_view format) {
  const Names names = some_names();
  auto result = expand(format, names, "program:x.command");
  return result ? *result : result.error().context;
}

struct Row {
  const char* name;
  const char* format;
  const char* expected;
};

class Expand : public testing::TestWithParam<Row> {};
TEST_P(Expand, FormatsAsPythonDoes) { EXPECT_EQ(expanded(GetParam().format), GetParam().expected); }
INSTANTIATE_TEST_SUITE_P(
    Names, Expand,
    testing::Values(
        Row{"Nothing", "plain", "plain"}, Row{"Name", "a %(here)s b", "a /etc b"},
        Row{"Percent", "date +%%Y", "date +%Y"}, Row{"ZeroPadded", "%(process_num)02d", "07"},
        Row{"Width", "[%(process_num)5d]", "[    7]"}, Row{"Left", "[%(process_num)-3d]", "[7  ]"},
        Row{"Sign", "%(process_num)+d%(process_num) d", "+7 7"},
        Row{"NegativeZeroPadded", "%(minus)04d", "-005"}, Row{"Precision", "%(minus).3d", "-005"},
        Row{"Hex", "%(process_num)x", "7"}, Row{"AlternateHex", "%(process_num)#06x", "0x0007"},
        Row{"Octal", "%(process_num)#o", "0o7"}, Row{"Real", "%(process_num).2f", "7.00"},
        Row{"NumberAsText", "%(process_num)s", "7"}, Row{"Letter", "%(process_num)c", "\x07"},
        Row{"Cut", "%(here).2s", "/e"}, Row{"CutInCharacters", "%(program_name).4s", "caf\xc3\xa9"},
        Row{"PaddedInCharacters", "[%(program_name)6s]", "[  caf\xc3\xa9]"},
        Row{"Repr", "%(here)r", "'/etc'"}, Row{"LengthModifier", "%(process_num)ld", "7"},
        Row{"Nested", "%(a(b))s", "nested"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Expand, SaysWhichNameIsUnknown) {
  EXPECT_EQ(expanded("%(nope)s"),
            "Format string '%(nope)s' for 'program:x.command' contains names ('nope') which cannot "
            "be expanded. Available names: a(b), here, minus, process_num, program_name");
}

struct BadRow {
  const char* name;
  const char* format;
  const char* reason;
};

class BadFormat : public testing::TestWithParam<BadRow> {};
TEST_P(BadFormat, IsExplained) {
  const std::string text = expanded(GetParam().format);
  EXPECT_EQ(text, "Format string '" + std::string{GetParam().format} +
                      "' for 'program:x.command' is badly formatted: " + GetParam().reason);
}
INSTANTIATE_TEST_SUITE_P(
    Names, BadFormat,
    testing::Values(
        BadRow{"Letter", "date +%Y", "unsupported format character 'Y' (0x59) at index 7"},
        BadRow{"IndexInCharacters", "\xc3\xa9\xc3\xa9%Y",
               "unsupported format character 'Y' (0x59) at index 3"},
        BadRow{"OtherScript", "%\xc3\xa9",
               "unsupported format character '\xc3\xa9' (0xe9) at index 1"},
        BadRow{"PercentWithWidth", "%5%", "unsupported format character '%' (0x25) at index 2"},
        BadRow{"PercentWithName", "%(here)%", "unsupported format character '%' (0x25) at index 7"},
        BadRow{"End", "50%", "incomplete format"},
        BadRow{"EndAfterName", "%(here)", "incomplete format"},
        BadRow{"OpenName", "%(here", "incomplete format key"},
        BadRow{"TextAsNumber", "%(here)d", "%d format: a real number is required, not str"},
        BadRow{"TextAsHex", "%(here)x", "%x format: an integer is required, not str"},
        BadRow{"TextAsReal", "%(here)f", "must be real number, not str"},
        BadRow{"TextAsLetter", "%(here)c", "%c requires int or char"},
        BadRow{"Star", "%(process_num)*d", "* wants int"},
        BadRow{"Wide", "%(process_num)999999d", "width too big"},
        BadRow{
            "NoName", "%s",
            "'%s' without a name in parentheses at index 1 (a literal percent is written '%%')"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Names, LookIntoTheOuterOnes) {
  const Names outer = some_names();
  Names inner{&outer};
  inner.set("here", "/inner");
  EXPECT_EQ(*expand("%(here)s %(process_num)d", inner, "x"), "/inner 7");
  EXPECT_EQ(*expand("%(here)s", outer, "x"), "/etc");
}

}  // namespace
}  // namespace common
