#include "common/paths.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(DirectoryOf, IsPythonsDirname) {
  EXPECT_EQ(directory_of("/a/b"), "/a");
  EXPECT_EQ(directory_of("/a"), "/");
  EXPECT_EQ(directory_of("a"), "");
  EXPECT_EQ(directory_of("a//b"), "a");
  EXPECT_EQ(directory_of("//"), "//");
}

TEST(Absolute, NormalisesWithoutLookingAtFiles) {
  EXPECT_EQ(absolute("a/../b//c/.", "/d"), "/d/b/c");
  EXPECT_EQ(absolute("/../x/", "/d"), "/x");
  EXPECT_EQ(absolute("", "/d"), "/d");
  EXPECT_EQ(absolute("..", "/"), "/");
}

TEST(Joined, LetsAnAbsolutePathStand) {
  EXPECT_EQ(joined("/a", "b"), "/a/b");
  EXPECT_EQ(joined("/a/", "b"), "/a/b");
  EXPECT_EQ(joined("/a", "/b"), "/b");
  EXPECT_EQ(joined("", "b"), "b");
}

}  // namespace
}  // namespace common
