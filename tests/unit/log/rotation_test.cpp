#include "supervisord/log/rotation.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/log/temp_dir.hpp"

namespace supervisord::log {
namespace {

struct PlanRow {
  const char* name;
  int backups;
  std::set<int> there;
  std::vector<RotationStep> steps;
};

class PlanFor : public testing::TestWithParam<PlanRow> {};

TEST_P(PlanFor, MovesUpToTheFirstGap) {
  const PlanRow& row = GetParam();
  const auto exists = [&row](int number) { return row.there.contains(number); };
  EXPECT_EQ(plan_rotation("log", row.backups, exists), row.steps);
}

INSTANTIATE_TEST_SUITE_P(
    Rotation, PlanFor,
    testing::Values(PlanRow{"First", 3, {}, {{"log", "log.1"}}},
                    PlanRow{"Second", 3, {1}, {{"log.1", "log.2"}, {"log", "log.1"}}},
                    PlanRow{
                        "Full", 2, {1, 2}, {{"log.2", ""}, {"log.1", "log.2"}, {"log", "log.1"}}},
                    PlanRow{"Gap", 5, {1, 3, 4}, {{"log.1", "log.2"}, {"log", "log.1"}}},
                    PlanRow{"OneBackup", 1, {1}, {{"log.1", ""}, {"log", "log.1"}}}),
    [](const auto& row) { return std::string{row.param.name}; });

struct Cut {};

// Runs until before step `steps`, as a kill would end it, then once more to the end.
class RotationCutAt : public testing::TestWithParam<int> {};

TEST_P(RotationCutAt, ShiftsEachFileOnce) {
  const TempDir dir;
  const std::string log = dir / "log";
  put_contents(log, "present");
  for (int number = 1; number <= 3; ++number) {
    put_contents(backup_path(log, number), std::to_string(number));
  }
  int left = GetParam();
  try {
    (void)run_rotation(log, 3, [&left] {
      if (left-- == 0) throw Cut{};
    });
    FAIL() << "was to be cut";
  } catch (const Cut&) {
  }
  ASSERT_TRUE(run_rotation(log, 3));
  EXPECT_FALSE(std::filesystem::exists(log));
  EXPECT_EQ(contents(backup_path(log, 1)), "present");
  EXPECT_EQ(contents(backup_path(log, 2)), "1");
  EXPECT_EQ(contents(backup_path(log, 3)), "2");
}

INSTANTIATE_TEST_SUITE_P(Rotation, RotationCutAt, testing::Values(0, 1, 2, 3));

TEST(Rotation, NamesTheStepThatFailed) {
  const TempDir dir;
  const auto result = run_rotation(dir / "missing", 3);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code.value(), ENOENT);
}

}  // namespace
}  // namespace supervisord::log
