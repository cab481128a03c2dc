#include "supervisord/control/selector.hpp"

#include <gtest/gtest.h>

namespace supervisord::control {
namespace {

struct Row {
  const char* text;
  bool all;
  const char* group;
  const char* process;
};
class Parses : public testing::TestWithParam<Row> {};

TEST_P(Parses, AsSupervisorSplitsNames) {
  const auto selector = parse_selector(GetParam().text);
  EXPECT_EQ(selector.all, GetParam().all);
  EXPECT_EQ(selector.group, GetParam().group);
  EXPECT_EQ(selector.process, GetParam().process);
}

INSTANTIATE_TEST_SUITE_P(Selector, Parses,
                         testing::Values(Row{"all", true, "", ""}, Row{"web", false, "web", "web"},
                                         Row{"site:web", false, "site", "web"},
                                         Row{"site:*", false, "site", ""},
                                         Row{"site:", false, "site", ""},
                                         Row{"a:b:c", false, "a", "b:c"}, Row{"", false, "", ""}));

}  // namespace
}  // namespace supervisord::control
