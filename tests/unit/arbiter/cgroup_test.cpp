#include "asgi-worker/arbiter/cgroup.hpp"

#include <gtest/gtest.h>

namespace asgi_worker::arbiter {
namespace {

struct QuotaRow {
  const char* name;
  const char* text;
  std::optional<int> cpus;
};
class CpusOfQuota : public testing::TestWithParam<QuotaRow> {};

TEST_P(CpusOfQuota, RoundsUp) { EXPECT_EQ(cpus_of_quota(GetParam().text), GetParam().cpus); }

INSTANTIATE_TEST_SUITE_P(Cgroup, CpusOfQuota,
                         testing::Values(QuotaRow{"Two", "200000 100000\n", 2},
                                         QuotaRow{"OneAndAHalf", "150000 100000\n", 2},
                                         QuotaRow{"ATenth", "10000 100000\n", 1},
                                         QuotaRow{"NoLimit", "max 100000\n", std::nullopt},
                                         QuotaRow{"NoLimitV1", "-1\n 100000\n", std::nullopt},
                                         QuotaRow{"V1", "50000\n 100000\n", 1},
                                         QuotaRow{"NoPeriod", "50000 0\n", std::nullopt},
                                         QuotaRow{"Cut", "50000", std::nullopt},
                                         QuotaRow{"NoFile", "", std::nullopt}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(Cgroup, FindsTheNumberOfAWord) {
  constexpr std::string_view events = "low 0\nhigh 0\nmax 7\noom 2\noom_kill 3\noom_group_kill 0\n";
  EXPECT_EQ(number_after(events, "oom_kill"), 3U);
  EXPECT_EQ(number_after(events, "oom"), 2U);
  EXPECT_FALSE(number_after(events, "swap"));
  EXPECT_FALSE(number_after("", "oom_kill"));
}

TEST(Cgroup, FindsItsPathInTheUnifiedHierarchy) {
  EXPECT_EQ(group_path("4:memory:/old\n0::/system.slice/app.service\n"),
            "/system.slice/app.service");
  EXPECT_FALSE(group_path("4:memory:/old\n"));
}

TEST(Cgroup, FindsItsPathOfAController) {
  constexpr std::string_view groups = "5:memory:/a:b\n3:cpuset:/\n2:cpu,cpuacct:/c\n0::/d\n";
  EXPECT_EQ(group_path(groups, "memory"), "/a:b");
  EXPECT_EQ(group_path(groups, "cpu"), "/c");
  EXPECT_FALSE(group_path(groups, "pids"));
}

TEST(Cgroup, LeavesAtLeastOneCpu) { EXPECT_GE(usable_cpus(), 1); }

}  // namespace
}  // namespace asgi_worker::arbiter
