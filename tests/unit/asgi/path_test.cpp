#include "asgi-worker/asgi/path.hpp"

#include <gtest/gtest.h>

namespace asgi_worker::asgi {
namespace {

struct Row {
  const char* name;
  const char* raw;
  const char* decoded;
};
class Path : public testing::TestWithParam<Row> {};
TEST_P(Path, IsPercentDecoded) { EXPECT_EQ(percent_decoded(GetParam().raw), GetParam().decoded); }
INSTANTIATE_TEST_SUITE_P(
    Path, Path,
    testing::Values(Row{"Plain", "/a/b", "/a/b"}, Row{"Blank", "/a%20b", "/a b"},
                    Row{"Utf8", "/%C3%A9", "/\xc3\xa9"}, Row{"Slash", "/a%2Fb", "/a/b"},
                    Row{"LowerCase", "/%c3%a9", "/\xc3\xa9"}, Row{"NotHexStays", "/%zz", "/%zz"},
                    Row{"CutShortStays", "/%f", "/%f"}, Row{"PercentAlone", "/%", "/%"},
                    Row{"DecodedOnce", "/%2541", "/%41"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(BelowRoot, PrependsTheRootOnce) {
  EXPECT_EQ(below_root("/api", "/x"), "/api/x");
  EXPECT_EQ(below_root("/api", "/api/x"), "/api/x");
  EXPECT_EQ(below_root("/api", "/api"), "/api");
  EXPECT_EQ(below_root("/api", "/apiary"), "/api/apiary");
}

}  // namespace
}  // namespace asgi_worker::asgi
