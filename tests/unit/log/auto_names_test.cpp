#include "supervisord/log/auto_names.hpp"

#include <gtest/gtest.h>

#include "tests/unit/log/temp_dir.hpp"

namespace supervisord::log {
namespace {

TEST(AutoLogPath, IsSpelledAsSupervisorDoes) {
  EXPECT_EQ(auto_log_path("/tmp", "web", "stdout", "supervisor", "ab_12345"),
            "/tmp/web-stdout---supervisor-ab_12345.log");
}

TEST(RandomLogSuffix, HasEightOfSupervisorsCharacters) {
  const std::string suffix = random_log_suffix();
  EXPECT_EQ(suffix.size(), 8u);
  EXPECT_EQ(suffix.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos);
  EXPECT_NE(suffix, random_log_suffix());
}

struct NameRow {
  const char* name;
  const char* file;
  bool is_auto;
};

class NameOf : public testing::TestWithParam<NameRow> {};

TEST_P(NameOf, AnAutoLog) { EXPECT_EQ(is_auto_log(GetParam().file, "sup"), GetParam().is_auto); }

INSTANTIATE_TEST_SUITE_P(AutoNames, NameOf,
                         testing::Values(NameRow{"Log", "web-stdout---sup-abcdefgh.log", true},
                                         NameRow{"Backup", "web-stderr---sup-a.log.12", true},
                                         NameRow{"OtherIdentifier", "web---other-a.log", false},
                                         NameRow{"LongerIdentifier", "web---sup2-a.log", false},
                                         NameRow{"NoName", "---sup-a.log", false},
                                         NameRow{"NoRandom", "web---sup-.log", false},
                                         NameRow{"Space", "web---sup-a b.log", false},
                                         NameRow{"Compressed", "web---sup-a.log.gz", false}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(RemoveStaleAutoLogs, LeavesWhatIsKeptWithItsBackups) {
  const TempDir dir;
  for (const char* const name : {"a-stdout---sup-1.log", "a-stdout---sup-1.log.1",
                                 "b-stdout---sup-2.log", "b-stdout---sup-2.log.1", "other.log"}) {
    put_contents(dir / name, "x");
  }
  EXPECT_EQ(remove_stale_auto_logs(dir.path(), "sup", {dir / "b-stdout---sup-2.log"}), 2);
  EXPECT_FALSE(std::filesystem::exists(dir / "a-stdout---sup-1.log"));
  EXPECT_FALSE(std::filesystem::exists(dir / "a-stdout---sup-1.log.1"));
  EXPECT_TRUE(std::filesystem::exists(dir / "b-stdout---sup-2.log"));
  EXPECT_TRUE(std::filesystem::exists(dir / "b-stdout---sup-2.log.1"));
  EXPECT_TRUE(std::filesystem::exists(dir / "other.log"));
}

TEST(RemoveStaleAutoLogs, DoesNothingWithoutTheDirectory) {
  const TempDir dir;
  EXPECT_EQ(remove_stale_auto_logs(dir / "missing", "sup", {}), 0);
}

}  // namespace
}  // namespace supervisord::log
