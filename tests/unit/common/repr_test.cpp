#include "common/repr.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(Repr, IsPythons) {
  EXPECT_EQ(repr("foo"), "'foo'");
  EXPECT_EQ(repr("it's"), "\"it's\"");
  EXPECT_EQ(repr("'\""), R"('\'"')");
  EXPECT_EQ(repr("a\nb\t\\\x01"), R"('a\nb\t\\\x01')");
  EXPECT_EQ(repr("caf\xc3\xa9"), "'caf\xc3\xa9'");
}

TEST(Repr, ShowsWhatIsNotUtf8AsBytes) { EXPECT_EQ(repr("a\xff\xc3"), R"('a\xff\xc3')"); }

}  // namespace
}  // namespace common
