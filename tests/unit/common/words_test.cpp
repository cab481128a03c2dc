#include "common/words.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

using Words = std::vector<std::string>;

struct Row {
  const char* name;
  const char* command;
  Words words;
};

class ParseWords : public testing::TestWithParam<Row> {};
TEST_P(ParseWords, SplitsAsAShellQuotes) {
  const auto words = parse_words(GetParam().command);
  ASSERT_TRUE(words);
  EXPECT_EQ(*words, GetParam().words);
}
INSTANTIATE_TEST_SUITE_P(
    Words, ParseWords,
    testing::Values(Row{"Plain", "cat -n x", {"cat", "-n", "x"}},
                    Row{"Blanks", " \tcat\r\n  x\n", {"cat", "x"}},
                    Row{"Single", R"(sh -c 'a "b" \n')", {"sh", "-c", R"(a "b" \n)"}},
                    Row{"Double", R"("a \"b\" \\ \n $x")", {R"(a "b" \ \n $x)"}},
                    Row{"Escape", R"(a\ b \'c)", {"a b", "'c"}},
                    Row{"Joined", R"(a"b c"'d e'f)", {"ab cd ef"}},
                    Row{"EmptyWord", R"(a '' "")", {"a", "", ""}},
                    Row{"NoComment", "a #b", {"a", "#b"}}, Row{"NoGlob", "~/* $X", {"~/*", "$X"}},
                    Row{"Nothing", "", {}}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(ParseWords, NamesWhatIsMissing) {
  EXPECT_EQ(parse_words("a 'b").error().context, "No closing quotation");
  EXPECT_EQ(parse_words("a \"b\\\"").error().context, "No closing quotation");
  EXPECT_EQ(parse_words("a \"\\").error().context, "No escaped character");
  EXPECT_EQ(parse_words("a \\").error().context, "No escaped character");
}

}  // namespace
}  // namespace common
