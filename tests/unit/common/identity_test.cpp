#include "common/identity.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace common {
namespace {

TEST(FindUser, ByNameAndByNumberIsTheSame) {
  const auto by_name = find_user("root");
  const auto by_id = find_user("0");
  ASSERT_TRUE(by_name);
  ASSERT_TRUE(by_id);
  EXPECT_EQ((*by_name).uid, 0u);
  EXPECT_EQ((*by_id).name, "root");
  EXPECT_EQ(std::count((*by_name).groups.begin(), (*by_name).groups.end(), (*by_name).gid), 1);
}

TEST(FindUser, SaysWhatThereIsNot) {
  EXPECT_EQ(find_user("no-such-user").error().context, "Invalid user name no-such-user");
  EXPECT_EQ(find_user("4000000001").error().context, "Invalid user id 4000000001");
  EXPECT_EQ(find_user("-1").error().context, "Invalid user name -1");
}

TEST(FindGroup, ByNameAndByNumber) {
  EXPECT_EQ(*find_group("root"), 0u);
  EXPECT_EQ(*find_group("0"), 0u);
  EXPECT_EQ(find_group("no-such-group").error().context, "Invalid group name no-such-group");
}

}  // namespace
}  // namespace common
