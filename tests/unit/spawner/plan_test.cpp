#include "supervisord/spawner/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace supervisord::spawner {
namespace {

constexpr FileFacts executable{false, true, true};
constexpr FileFacts directory{true, true, true};
constexpr FileFacts plain{false, false, false};
constexpr FileFacts forbidden{false, true, false};

struct FindRow {
  const char* name;
  const char* word;
  const char* path;
  std::map<std::string, FileFacts> files;
  const char* found;  // or the error's text
  bool is_found;
};
class Command : public testing::TestWithParam<FindRow> {};

TEST_P(Command, IsFoundAsTheTableSays) {
  const FindRow& row = GetParam();
  const auto found =
      find_executable(row.word, row.path, [&](const std::string& path) -> std::optional<FileFacts> {
        const auto place = row.files.find(path);
        if (place == row.files.end()) return std::nullopt;
        return place->second;
      });
  ASSERT_EQ(found.has_value(), row.is_found);
  EXPECT_EQ(found ? *found : found.error().context, row.found);
}
INSTANTIATE_TEST_SUITE_P(
    Plan, Command,
    testing::Values(
        FindRow{"InPath", "x", "/a:/b", {{"/b/x", executable}}, "/b/x", true},
        FindRow{"FirstThatExistsWins",
                "x",
                "/a:/b",
                {{"/a/x", plain}, {"/b/x", executable}},
                "command at '/a/x' is not executable",
                false},
        FindRow{
            "WithSlashAsItIs", "./x", "/a", {{"./x", executable}, {"/a/./x", plain}}, "./x", true},
        FindRow{"Nowhere", "x", "/a:/b", {}, "can't find command 'x'", false},
        FindRow{"AbsoluteNowhere", "/none/x", "", {}, "can't find command '/none/x'", false},
        FindRow{"Directory",
                "/bin",
                "",
                {{"/bin", directory}},
                "command at '/bin' is a directory",
                false},
        FindRow{"NoPermission",
                "x",
                "/a",
                {{"/a/x", forbidden}},
                "no permission to run command '/a/x'",
                false},
        FindRow{"EmptyEntryIsHere", "x", "/a:", {{"x", executable}}, "x", true},
        FindRow{"EntryWithSlash", "x", "/a/", {{"/a/x", executable}}, "/a/x", true},
        FindRow{
            "EmptyWord", "", "/a", {{"/a/", directory}}, "command at '/a/' is a directory", false}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(ProbeFile, LooksAtTheRealFile) {
  EXPECT_TRUE(probe_file("/bin/sh")->may_execute);
  EXPECT_TRUE(probe_file("/usr")->is_directory);
  EXPECT_FALSE(probe_file("/etc/passwd")->has_execute_bit);
  EXPECT_FALSE(probe_file("/none"));
}

config::ProcessSpec spec() {
  config::ProcessSpec process;
  process.group = "g";
  process.name = "p";
  return process;
}

bool has(const std::vector<std::string>& environment, const char* entry) {
  return std::find(environment.begin(), environment.end(), entry) != environment.end();
}

TEST(Environment, IsTheDaemonsThenOursThenTheConfigured) {
  auto process = spec();
  process.environment = {{"A", "1"}, {"A", "2"}, {"SUPERVISOR_ENABLED", "no"}, {"HOME", "/h"}};
  const auto environment =
      environment_of(process, {{"A=0", "HOME=/root", "B=b=c"}, "unix:///s", 0});
  EXPECT_EQ(environment,
            (std::vector<std::string>{"A=2", "HOME=/h", "B=b=c", "SUPERVISOR_ENABLED=no",
                                      "SUPERVISOR_SERVER_URL=unix:///s",
                                      "SUPERVISOR_PROCESS_NAME=p", "SUPERVISOR_GROUP_NAME=g"}));
}

TEST(Environment, HasNoServerUrlWithoutAServer) {
  for (const auto& entry : environment_of(spec(), {{}, "", 0}))
    EXPECT_FALSE(entry.starts_with("SUPERVISOR_SERVER_URL")) << entry;
}

TEST(Environment, TheProgramsServerUrlWins) {
  auto process = spec();
  process.server_url = "http://localhost:9";
  EXPECT_TRUE(has(environment_of(process, {{}, "unix:///s", 0}),
                  "SUPERVISOR_SERVER_URL=http://localhost:9"));
}

TEST(Environment, TheUserChangesNothingInIt) {
  auto process = spec();
  process.user = config::UserSpec{"www", 33, 33, {33}};
  EXPECT_TRUE(has(environment_of(process, {{"HOME=/root", "USER=root"}, "", 0}), "HOME=/root"));
  EXPECT_TRUE(has(environment_of(process, {{"HOME=/root", "USER=root"}, "", 0}), "USER=root"));
}

TEST(SearchPath, IsTheProgramsElseTheDaemonsElseAFixedOne) {
  auto process = spec();
  EXPECT_EQ(search_path(process, {{}, "", 0}), "/bin:/usr/bin:/usr/local/bin");
  EXPECT_EQ(search_path(process, {{"PATH=/d"}, "", 0}), "/d");
  process.environment = {{"PATH", "/p"}};
  EXPECT_EQ(search_path(process, {{"PATH=/d"}, "", 0}), "/p");
}

TEST(MakePlan, TakesTheSpecsValues) {
  auto process = spec();
  process.directory = "/srv";
  process.umask = 027;
  process.user = config::UserSpec{"www", 33, 34, {34, 5}};
  const auto plan = make_plan(process, {"x", "y"}, "/bin/x", {0, 1, 2}, {{}, "", 0});
  EXPECT_EQ(plan.name, "g:p");
  EXPECT_EQ(plan.executable, "/bin/x");
  EXPECT_EQ(plan.argv, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(plan.directory, "/srv");
  EXPECT_EQ(plan.umask, mode_t{027});
  ASSERT_TRUE(plan.identity);
  EXPECT_EQ(plan.identity->uid, 33U);
  EXPECT_EQ(plan.identity->gid, 34U);
  EXPECT_EQ(plan.identity->groups, (std::vector<gid_t>{34, 5}));
  EXPECT_EQ(plan.targets, (std::vector<int>{0, 1, 2}));
}

TEST(MakePlan, TheDaemonsOwnUserNeedsNoChange) {
  auto process = spec();
  process.user = config::UserSpec{"www", 33, 33, {33}};
  EXPECT_FALSE(make_plan(process, {"x"}, "/bin/x", {}, {{}, "", 33}).identity);
}

}  // namespace
}  // namespace supervisord::spawner
