#include "supervisord/api/usage.hpp"

#include <gtest/gtest.h>

#include <array>

#include "supervisord/api/secrets.hpp"

namespace supervisord::api {
namespace {

using namespace std::chrono_literals;

TEST(Usage, CountsDescendantsUntilTheNextRoot) {
  const std::array rows{ProcRow{1, 0, 100us, 1},  ProcRow{10, 1, 1us, 10},
                        ProcRow{11, 10, 2us, 20}, ProcRow{12, 11, 4us, 40},
                        ProcRow{20, 11, 8us, 80}, ProcRow{21, 20, 16us, 160}};
  const std::array<pid_t, 3> roots{10, 20, 99};
  const auto found = usage_of(rows, roots);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found.at(10).cpu, 7us);
  EXPECT_EQ(found.at(10).memory_bytes, 70u);
  EXPECT_EQ(found.at(10).processes, 3u);
  EXPECT_EQ(found.at(20).processes, 2u);
}

TEST(Usage, EndsWhereParentsGoInACircle) {
  const std::array rows{ProcRow{10, 11, 1us, 1}, ProcRow{11, 10, 1us, 1}};
  const std::array<pid_t, 1> roots{5};
  EXPECT_TRUE(usage_of(rows, roots).empty());
}

struct MaskRow {
  const char* test;
  const char* name;
  const char* value;
  const char* shown;
};
class Masked : public testing::TestWithParam<MaskRow> {};

TEST_P(Masked, ShowsNoSecret) {
  EXPECT_EQ(masked(GetParam().name, GetParam().value), GetParam().shown);
}

INSTANTIATE_TEST_SUITE_P(
    Secrets, Masked,
    testing::Values(MaskRow{"Token", "API_TOKEN", "x", "***"},
                    MaskRow{"LowerCase", "db_password", "x", "***"},
                    MaskRow{"Key", "AWS_SECRET_ACCESS_KEY", "x", "***"},
                    MaskRow{"Password", "MYSQL_PWD", "x", "***"},
                    MaskRow{"Credentials", "GOOGLE_CREDENTIALS", "x", "***"},
                    MaskRow{"WorkingFolder", "PWD", "/srv", "/srv"},
                    MaskRow{"Plain", "PATH", "/bin", "/bin"}, MaskRow{"Empty", "API_TOKEN", "", ""},
                    MaskRow{"InAnAddress", "URL", "redis://u:pw@host/1", "redis://u:***@host/1"},
                    MaskRow{"AnAddressWithout", "URL", "http://host:80/a@b", "http://host:80/a@b"},
                    MaskRow{"OnlyAPassword", "URL", "redis://:pw@h", "redis://:***@h"}),
    [](const auto& row) { return std::string{row.param.test}; });

}  // namespace
}  // namespace supervisord::api
