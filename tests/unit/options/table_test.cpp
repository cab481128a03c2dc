#include "asgi-worker/options/table.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace asgi_worker::options {
namespace {

TEST(Table, GivesNoFlagTwice) {
  std::set<std::string> seen;
  for (const auto& table : {rows(), known_rows()})
    for (const Row& row : table) {
      std::istringstream flags{std::string{row.flags}};
      for (std::string flag; flags >> flag;) EXPECT_TRUE(seen.insert(flag).second) << flag;
    }
}

TEST(Table, KnowsEachNameOfTheExampleConfiguration) {
  for (const char* const name :
       {"bind", "workers", "worker_class", "worker_connections", "timeout", "graceful_timeout",
        "keepalive", "max_requests", "max_requests_jitter", "preload_app", "accesslog", "errorlog",
        "loglevel", "capture_output", "limit_request_line", "limit_request_fields",
        "limit_request_field_size"})
    EXPECT_NE(row_of_key(name), nullptr) << name;
}

TEST(Table, FindsUvicornsParameterNames) {
  ASSERT_NE(row_of_key("timeout_keep_alive"), nullptr);
  EXPECT_EQ(row_of_key("timeout_keep_alive")->key, "keepalive");
  EXPECT_EQ(row_of_key("no_such_thing"), nullptr);
}

TEST(Suggestion, IsTheNearestName) {
  EXPECT_EQ(nearest_key("worker"), "workers");
  EXPECT_EQ(nearest_key("qqqqqqqq"), "");
}

TEST(Manual, NamesEveryFlag) {
  std::ifstream file{OPTIONS_DOCUMENT};
  std::ostringstream text;
  text << file.rdbuf();
  ASSERT_FALSE(text.str().empty());
  for (const auto& table : {rows(), known_rows()})
    for (const Row& row : table) {
      std::istringstream flags{std::string{row.flags}};
      for (std::string flag; flags >> flag;)
        EXPECT_NE(text.str().find("`" + flag + "`"), std::string::npos) << flag;
    }
}

}  // namespace
}  // namespace asgi_worker::options
