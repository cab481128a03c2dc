#include "common/values.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <optional>

namespace common {
namespace {

using namespace std::chrono_literals;

/// Of the value or of the error: one text to compare.
template <class T>
std::string shown(const Result<T>& result) {
  if (!result) return result.error().context;
  if constexpr (std::is_same_v<T, bool>) {
    return *result ? "true" : "false";
  } else {
    return std::to_string(*result);
  }
}

struct Row {
  const char* name;
  const char* text;
  const char* expected;
};
std::string row_name(const testing::TestParamInfo<Row>& row) { return row.param.name; }

class Boolean : public testing::TestWithParam<Row> {};
TEST_P(Boolean, IsSupervisors) {
  EXPECT_EQ(shown(parse_boolean(GetParam().text)), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(Values, Boolean,
                         testing::Values(Row{"Yes", "yes", "true"}, Row{"True", "TRUE", "true"},
                                         Row{"On", "On", "true"}, Row{"One", "1", "true"},
                                         Row{"No", "no", "false"}, Row{"False", "False", "false"},
                                         Row{"Off", "oFF", "false"}, Row{"Zero", "0", "false"},
                                         Row{"Other", "foo", "not a valid boolean value: 'foo'"},
                                         Row{"Quote", "it's",
                                             "not a valid boolean value: \"it's\""},
                                         Row{"Two", "2", "not a valid boolean value: '2'"},
                                         Row{"Empty", "", "not a valid boolean value: ''"}),
                         row_name);

class Integer : public testing::TestWithParam<Row> {};
TEST_P(Integer, IsPythonsInt) {
  EXPECT_EQ(shown(parse_integer(GetParam().text)), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Values, Integer,
    testing::Values(Row{"Plain", "42", "42"}, Row{"Negative", "-7", "-7"}, Row{"Plus", "+7", "7"},
                    Row{"Blanks", " \t12\n", "12"}, Row{"Underscore", "1_000", "1000"},
                    Row{"LeadingZeros", "007", "7"},
                    Row{"Lowest", "-9223372036854775808", "-9223372036854775808"},
                    Row{"TooBig", "9223372036854775808", "out of range: '9223372036854775808'"},
                    Row{"Letter", "x", "invalid literal for int() with base 10: 'x'"},
                    Row{"Hex", "0x10", "invalid literal for int() with base 10: '0x10'"},
                    Row{"TwoUnderscores", "1__0", "invalid literal for int() with base 10: '1__0'"},
                    Row{"LeadingUnderscore", "_1", "invalid literal for int() with base 10: '_1'"},
                    Row{"TrailingUnderscore", "1_", "invalid literal for int() with base 10: '1_'"},
                    Row{"SignAlone", "-", "invalid literal for int() with base 10: '-'"},
                    Row{"SignBlank", "- 1", "invalid literal for int() with base 10: '- 1'"},
                    Row{"Decimal", "1.5", "invalid literal for int() with base 10: '1.5'"},
                    Row{"Empty", "", "invalid literal for int() with base 10: ''"}),
    row_name);

class ByteSize : public testing::TestWithParam<Row> {};
TEST_P(ByteSize, TakesThreeSuffixes) {
  EXPECT_EQ(shown(parse_byte_size(GetParam().text)), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Values, ByteSize,
    testing::Values(Row{"Plain", "100", "100"}, Row{"Kilo", "1KB", "1024"},
                    Row{"Mega", "50mb", "52428800"}, Row{"Giga", "2 Gb", "2147483648"},
                    Row{"NegativeIsNever", "-1", "0"},
                    Row{"Letter", "5XB", "invalid literal for int() with base 10: '5xb'"},
                    Row{"ShortSuffix", "5M", "invalid literal for int() with base 10: '5m'"},
                    Row{"Tera", "1TB", "invalid literal for int() with base 10: '1tb'"},
                    Row{"SuffixAlone", "KB", "invalid literal for int() with base 10: ''"},
                    Row{"TooBig", "99999999999GB", "out of range: '99999999999GB'"}),
    row_name);

class Octal : public testing::TestWithParam<Row> {};
TEST_P(Octal, IsBaseEight) { EXPECT_EQ(shown(parse_octal(GetParam().text)), GetParam().expected); }
INSTANTIATE_TEST_SUITE_P(
    Values, Octal,
    testing::Values(Row{"Plain", "022", "18"}, Row{"Prefix", "0o700", "448"},
                    Row{"UpperPrefix", "0O7", "7"}, Row{"Widest", "7777", "4095"},
                    Row{"Nine", "9", "9 can not be converted to an octal type"},
                    Row{"Empty", "", " can not be converted to an octal type"},
                    Row{"Negative", "-1", "-1 can not be converted to an octal type"},
                    Row{"TooWide", "10000", "10000 can not be converted to an octal type"}),
    row_name);

class SignalValue : public testing::TestWithParam<Row> {};
TEST_P(SignalValue, IsNamedByThePlatform) {
  EXPECT_EQ(shown(parse_signal(GetParam().text)), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Values, SignalValue,
    testing::Values(Row{"Name", "TERM", "15"}, Row{"FullName", "SIGUSR1", "10"},
                    Row{"LowerCase", "hup", "1"}, Row{"Number", "9", "9"}, Row{"Zero", "0", "0"},
                    Row{"FirstRealTime", "RTMIN", "34"}, Row{"LastRealTime", "64", "64"},
                    Row{"BetweenRealTime", "35", "value '35' is not a valid signal number"},
                    Row{"RealTimePlus", "RTMIN+1", "value 'RTMIN+1' is not a valid signal name"},
                    Row{"UnknownName", "FOO", "value 'FOO' is not a valid signal name"},
                    Row{"UnknownNumber", "99", "value '99' is not a valid signal number"},
                    Row{"Negative", "-1", "value '-1' is not a valid signal number"}),
    row_name);

class Port : public testing::TestWithParam<Row> {};
TEST_P(Port, HasBounds) { EXPECT_EQ(shown(parse_port(GetParam().text)), GetParam().expected); }
INSTANTIATE_TEST_SUITE_P(
    Values, Port,
    testing::Values(Row{"Lowest", "1", "1"}, Row{"Highest", "65535", "65535"},
                    Row{"Zero", "0", "0 is below lower bound (1)"},
                    Row{"TooHigh", "70000", "70000 is above upper bound (65535)"},
                    Row{"Letter", "x", "invalid literal for int() with base 10: 'x'"}),
    row_name);

TEST(ExitCodes, AreACommaList) {
  EXPECT_EQ(*parse_exit_codes("0, 2 ,255"), (std::vector<int>{0, 2, 255}));
  EXPECT_EQ(*parse_exit_codes(""), std::vector<int>{});
}

TEST(ExitCodes, LieBetween0And255) {
  for (const char* const text : {"300", "-1", "0,", "a", "1 2"}) {
    EXPECT_EQ(parse_exit_codes(text).error().context,
              "not a valid list of exit codes: '" + std::string{text} + "'");
  }
}

TEST(Seconds, MayBeNegative) { EXPECT_EQ(*parse_seconds("-3"), -3s); }

TEST(Int, IsRefusedWhereItDoesNotFit) {
  EXPECT_EQ(*parse_int("2147483647"), std::numeric_limits<int>::max());
  EXPECT_EQ(parse_int("2147483648").error().context, "out of range: '2147483648'");
}

TEST(Name, IsTrimmedAndHasNoBlankColonOrSlash) {
  EXPECT_EQ(*parse_name("  caf\xc3\xa9,x "), "caf\xc3\xa9,x");
  EXPECT_EQ(parse_name("a b").error().context, "Invalid name: 'a b' because of character: ' '");
  EXPECT_EQ(parse_name("a:b").error().context, "Invalid name: 'a:b' because of character: ':'");
  EXPECT_EQ(parse_name("a/b").error().context, "Invalid name: 'a/b' because of character: '/'");
}

TEST(List, IsSplitAtCommasOnly) {
  EXPECT_EQ(split_list("a b, c"), (std::vector<std::string>{"a b", "c"}));
  EXPECT_EQ(split_list("a,"), (std::vector<std::string>{"a", ""}));
  EXPECT_TRUE(split_list("").empty());
}

}  // namespace
}  // namespace common
