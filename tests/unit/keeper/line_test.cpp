#include "supervisord/keeper/line.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace supervisord::keeper {
namespace {

TEST(LogLine, HasTheMainLogsForm) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  EXPECT_EQ(log_line({1'795'417'920, 123'999}, NoteLevel::warn, "text"),
            "2026-11-23 07:12:00,123 WARN text\n");
  EXPECT_EQ(log_line({0, 0}, NoteLevel::info, ""), "1970-01-01 00:00:00,000 INFO \n");
}

}  // namespace
}  // namespace supervisord::keeper
