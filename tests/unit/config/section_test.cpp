#include "supervisord/config/section.hpp"

#include <gtest/gtest.h>

#include <array>

namespace supervisord::config {
namespace {

constexpr std::array<std::string_view, 3> known{"autostart", "autorestart", "user"};

TEST(Nearest, FindsATypingError) {
  EXPECT_EQ(nearest("autostrat", known), "autostart");
  EXPECT_EQ(nearest("users", known), "user");
  EXPECT_EQ(nearest("completely_other", known), "");
}

TEST(Nearest, DoesNotLookLongAtALongWord) {
  EXPECT_EQ(nearest(std::string(100'000, 'a'), known), "");
}

}  // namespace
}  // namespace supervisord::config
