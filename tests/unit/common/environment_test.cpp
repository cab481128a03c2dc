#include "common/environment.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

struct Good {
  const char* name;
  const char* text;
  Environment environment;
};

class ParseEnvironment : public testing::TestWithParam<Good> {};
TEST_P(ParseEnvironment, ReadsPairs) {
  const auto environment = parse_environment(GetParam().text);
  ASSERT_TRUE(environment) << environment.error().context;
  EXPECT_EQ(*environment, GetParam().environment);
}
INSTANTIATE_TEST_SUITE_P(
    Environment, ParseEnvironment,
    testing::Values(Good{"Nothing", "", {}}, Good{"Two", "A=1,B=2", {{"A", "1"}, {"B", "2"}}},
                    Good{"LineBreaks", "A=1 ,\n  B = 2\n,", {{"A", "1"}, {"B", "2"}}},
                    Good{"TrailingComma", "A=1,", {{"A", "1"}}},
                    Good{"Semicolon", "A=1;B=2", {{"A", "1"}, {"B", "2"}}},
                    Good{"Empty", "A=\"\"", {{"A", ""}}}, Good{"CaseKept", "aB=1", {{"aB", "1"}}},
                    Good{"Address", "A=http://h:80/p", {{"A", "http://h:80/p"}}},
                    Good{"Quoted", R"(A="1,2",B='x=y&z')", {{"A", "1,2"}, {"B", "x=y&z"}}},
                    Good{"Escapes", R"(A="a\"b\\c",B=\,)", {{"A", "a\"b\\c"}, {"B", ","}}},
                    Good{"Joined", R"(A=a"b,c"d)", {{"A", "ab,cd"}}},
                    Good{"Accents", "A=\xc3\xa9t\xc3\xa9", {{"A", "\xc3\xa9t\xc3\xa9"}}},
                    Good{"Comment", "A=1,# one\nB=2 # two", {{"A", "1"}, {"B", "2"}}},
                    Good{"LastWins", "A=1,B=2,A=3", {{"A", "3"}, {"B", "2"}}},
                    Good{"LoneMark", "A=*,B=1", {{"A", "*"}, {"B", "1"}}}),
    [](const auto& row) { return std::string{row.param.name}; });

struct Bad {
  const char* name;
  const char* text;
  const char* start;  // of the message
};

class RefusedEnvironment : public testing::TestWithParam<Bad> {};
TEST_P(RefusedEnvironment, SaysWhyAndDropsNothing) {
  const auto environment = parse_environment(GetParam().text);
  ASSERT_FALSE(environment);
  EXPECT_TRUE(environment.error().context.starts_with(GetParam().start))
      << environment.error().context;
}
INSTANTIATE_TEST_SUITE_P(
    Environment, RefusedEnvironment,
    testing::Values(Bad{"NoValue", "A=", "Unexpected end of key/value pairs in value 'A='"},
                    Bad{"NoEquals", "A", "Unexpected end of key/value pairs in value 'A'"},
                    Bad{"NoValueBeforeComma", "A=,B=1", "Unexpected end of key/value pairs"},
                    Bad{"TwoCommas", "A=1,,B=2", "Unexpected end of key/value pairs"},
                    Bad{"NoComma", "A=1 B=2",
                        "Unexpected 'B' after the value of A in value 'A=1 B=2'"},
                    Bad{"Words", "A=a b", "Unexpected 'b' after the value of A"},
                    Bad{"Home", "A=~/x", "Unexpected '/x' after the value of A"},
                    Bad{"Star", "A=a*", "Unexpected '*' after the value of A"},
                    Bad{"Dollar", "A=a$b", "Unexpected '$' after the value of A"},
                    Bad{"Query", "A=http://h/?q=1", "Unexpected '?' after the value of A"},
                    Bad{"HashInWord", "A=a#b", "Unexpected '#' after the value of A"},
                    Bad{"NoName", "\"\"=1", "Invalid variable name ''"},
                    Bad{"Unclosed", "A=\"1", "No closing quotation"},
                    Bad{"LoneEscape", "A=1\\", "No escaped character"}),
    [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace common
