#include "supervisord/config/diff.hpp"

#include <gtest/gtest.h>

namespace supervisord::config {
namespace {

GroupSpec group(const std::string& name) {
  ProcessSpec process;
  process.group = process.name = process.program = name;
  process.command = "x";
  return {.name = name, .processes = {process}};
}

TEST(Diff, NamesWhatIsNewChangedAndGone) {
  GroupSpec changed = group("c");
  changed.processes[0].command = "y";
  const std::vector<GroupSpec> before{group("d"), group("c"), group("a")};
  const std::vector<GroupSpec> after{group("z"), group("b"), changed, group("a")};
  EXPECT_EQ(diff(before, after), (Diff{{"b", "z"}, {"c"}, {"d"}}));
}

TEST(Diff, OfTheSameIsEmpty) {
  const std::vector<GroupSpec> groups{group("a"), group("b")};
  EXPECT_EQ(diff(groups, groups), Diff{});
}

struct Row {
  const char* name;
  void (*change)(GroupSpec&);
  bool same;
};

class IsSame : public testing::TestWithParam<Row> {};
TEST_P(IsSame, ComparesWhatSupervisorCompares) {
  GroupSpec before = group("a");
  before.processes[0].user = UserSpec{"app", 1000, 1000, {1000}};
  before.processes[0].environment = {{"A", "1"}, {"B", "2"}};
  GroupSpec after = before;
  GetParam().change(after);
  EXPECT_EQ(is_same(before, after), GetParam().same);
  EXPECT_EQ(is_same(after, before), GetParam().same);
}
INSTANTIATE_TEST_SUITE_P(
    Diff, IsSame,
    testing::Values(
        Row{"Priority", [](GroupSpec& g) { g.priority = 1; }, false},
        Row{"Number", [](GroupSpec& g) { g.processes.push_back(g.processes[0]); }, false},
        Row{"Umask", [](GroupSpec& g) { g.processes[0].umask = 0; }, false},
        Row{"Environment",
            [](GroupSpec& g) {
              g.processes[0].environment = {{"A", ""}};
            },
            false},
        Row{"Uid", [](GroupSpec& g) { g.processes[0].user->uid = 1; }, false},
        Row{"NoUser", [](GroupSpec& g) { g.processes[0].user.reset(); }, false},
        Row{"UsersGroups",
            [](GroupSpec& g) {
              g.processes[0].user->groups = {1000, 5};
            },
            true},
        Row{"FileForAuto",
            [](GroupSpec& g) {
              g.processes[0].stdout_log.kind = LogSpec::Kind::file;
              g.processes[0].stdout_log.path = "/a";
            },
            true},
        Row{"Backups", [](GroupSpec& g) { g.processes[0].stdout_log.backups = 1; }, false},
        Row{"OrderOfVariables",
            [](GroupSpec& g) {
              std::swap(g.processes[0].environment[0], g.processes[0].environment[1]);
            },
            true},
        Row{"StripAnsi", [](GroupSpec& g) { g.processes[0].strip_ansi = true; }, true},
        Row{"Syslog", [](GroupSpec& g) { g.processes[0].stderr_log.syslog = true; }, false},
        Row{"Listener", [](GroupSpec& g) { g.listener = EventListenerSpec{}; }, false},
        Row{"Fcgi", [](GroupSpec& g) { g.fcgi = ListenSpec{}; }, false},
        Row{"Readiness",
            [](GroupSpec& g) { g.processes[0].ready_timeout += std::chrono::seconds{1}; }, false},
        Row{"Sockets", [](GroupSpec& g) { g.processes[0].sockets.emplace_back(); }, false}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Diff, ComparesWhatMakesAPool) {
  GroupSpec before = group("e");
  before.listener = EventListenerSpec{.events = {"TICK_5", "EVENT"}};
  GroupSpec after = before;
  after.listener->events = {"EVENT", "TICK_5"};
  EXPECT_TRUE(is_same(before, after));
  after.listener->events = {"EVENT"};
  EXPECT_FALSE(is_same(before, after));
  after = before;
  after.listener->buffer_size = 11;
  EXPECT_FALSE(is_same(before, after));
  after = before;
  after.listener->result_handler = "x";
  EXPECT_FALSE(is_same(before, after));
}

TEST(Diff, ComparesOnlyTheUrlOfAnFcgiSocket) {
  GroupSpec before = group("f");
  before.fcgi = ListenSpec{.url = "unix:///f", .unix_path = "/f", .host = {}};
  GroupSpec after = before;
  after.fcgi->mode = 0777;
  after.fcgi->owner = 5;
  after.fcgi->backlog = 1;
  EXPECT_TRUE(is_same(before, after));
  after.fcgi->url = "unix:///g";
  EXPECT_FALSE(is_same(before, after));
}

TEST(Diff, SeesAnotherOrderOfProcesses) {
  GroupSpec before = group("a");
  before.processes.push_back(before.processes[0]);
  before.processes[1].name = "b";
  GroupSpec after = before;
  std::swap(after.processes[0], after.processes[1]);
  EXPECT_FALSE(is_same(before, after));
}

}  // namespace
}  // namespace supervisord::config
