#include "asgi-worker/options/dotenv.hpp"

#include <gtest/gtest.h>

namespace asgi_worker::options {
namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;

std::optional<std::string> outside(const std::string& name) {
  return name == "HOME" ? std::optional<std::string>{"/root"} : std::nullopt;
}

struct Case {
  const char* name;
  const char* text;
  Variables variables;
  std::vector<int> bad_lines = {};
};

class DotenvFile : public testing::TestWithParam<Case> {};

TEST_P(DotenvFile, IsReadAsPythonDotenvReadsIt) {
  const auto file = parse_dotenv(GetParam().text, outside);
  EXPECT_EQ(file.variables, GetParam().variables);
  EXPECT_EQ(file.bad_lines, GetParam().bad_lines);
}

INSTANTIATE_TEST_SUITE_P(
    Dotenv, DotenvFile,
    testing::Values(
        Case{"Plain", "A=1\nB = two words \n", {{"A", "1"}, {"B", "two words"}}},
        Case{"Empty", "A=\nB\n\n", {{"A", ""}}},
        Case{"Export", "export A=1\nexported=2\n", {{"A", "1"}, {"exported", "2"}}},
        Case{"Comments",
             "# all\nA=1 # why\nB=a#b\nC=\"#\" # c\n",
             {{"A", "1"}, {"B", "a#b"}, {"C", "#"}}},
        Case{"SingleQuotes", "A='a\\n\\'b'\n", {{"A", "a\\n'b"}}},
        Case{"DoubleQuotes", "A=\"a\\n\\\"b\\\\\"\n", {{"A", "a\n\"b\\"}}},
        Case{"SeveralLines", "A=\"one\ntwo\"\nB=3\n", {{"A", "one\ntwo"}, {"B", "3"}}},
        Case{"Expansion",
             "A=${HOME}/x\nB=${A}${NONE}\nC=${NONE:-d}\n",
             {{"A", "/root/x"}, {"B", "/root/x"}, {"C", "d"}}},
        Case{"EnvironmentCountsMore", "HOME=/x\nA=${HOME}\n", {{"HOME", "/x"}, {"A", "/root"}}},
        Case{"WindowsLineEnds", "A=1\r\nB=2\r\n", {{"A", "1"}, {"B", "2"}}},
        Case{"BadLines", "A=1\n=x\nB='open\nC=3\n", {{"A", "1"}, {"C", "3"}}, {2, 3}},
        Case{"NoLastLineEnd", "A=1", {{"A", "1"}}}),
    [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace asgi_worker::options
