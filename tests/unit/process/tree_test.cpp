#include "supervisord/process/tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <map>
#include <set>

#include "supervisord/process/tree_proc.hpp"
#include "supervisord/process/tree_stop.hpp"

namespace supervisord::process {
namespace {

constexpr pid_t keeper = 2;
const std::string mark = "SUPERVISOR_RUN=g:p:1:abc";

// Processes as a test sets them; signals do to them what they do.
struct FakeProcesses final : ProcView, ProcSignals {
  void add(pid_t pid, pid_t parent, pid_t process_group, const std::string& environment = "") {
    all.push_back({pid, parent, process_group, static_cast<std::uint64_t>(pid) * 10, false});
    environments[pid] = environment;
  }
  // As when it ends: its children go to the keeper.
  void end(pid_t pid) {
    std::erase_if(all, [&](const auto& one) { return one.pid == pid; });
    lives.erase(pid);
    for (auto& one : all) {
      if (one.parent == pid) one.parent = keeper;
    }
  }
  std::vector<ProcessFacts> processes() override {
    ++scans;
    if (before_scan) before_scan(scans);
    return all;
  }
  std::string environment(pid_t pid) override { return environments[pid]; }
  void send(const ProcessFacts& to, int number) override {
    said.push_back(std::to_string(to.pid) + " " + std::to_string(number));
    if (number == SIGKILL) killed.insert(to.pid);
  }
  common::UniqueFd handle(const ProcessFacts& of) override {
    auto pipe = common::make_pipe();
    lives[of.pid] = std::move(pipe->write_end);
    return std::move(pipe->read_end);
  }

  std::vector<ProcessFacts> all;
  std::map<pid_t, std::string> environments;
  std::function<void(int)> before_scan;
  int scans = 0;
  std::vector<std::string> said;
  std::set<pid_t> killed;
  std::map<pid_t, common::UniqueFd> lives;  // what is waited for: closed at its end
};

std::string environment_with(const std::string& entry) {
  return std::string{"A=1"} + '\0' + entry + '\0';
}

// The child 10; 11 its plain child; 12 its setsid child; 13 a daemonised grandchild that bears the
// mark; 14 one with an empty environment. And others: 20, another program with a child.
struct TreeTest : testing::Test {
  TreeTest() {
    world.add(1, 0, 1);
    world.add(keeper, 1, keeper);
    world.add(3, keeper, 3);  // the daemon
    world.add(10, keeper, 10, environment_with(mark));
    world.add(11, 10, 10, environment_with(mark));
    world.add(12, 10, 12, environment_with(mark));
    world.add(13, keeper, 13, environment_with(mark));
    world.add(14, keeper, 14);
    world.add(20, keeper, 20, environment_with("SUPERVISOR_RUN=g:q:1:abc"));
    world.add(21, 20, 20, environment_with(mark + "d"));
  }
  std::set<pid_t> found(const TreeRun& of) {
    std::set<pid_t> pids;
    for (const auto& one : tree_of(world.all, of, {}, world)) pids.insert(one.pid);
    return pids;
  }
  TreeRun run{10, true, keeper, mark};
  FakeProcesses world;
  boost::asio::io_context io;
  TreeStop stop{io, world, world};
  void turn() {
    io.restart();
    io.poll();
  }
};

TEST_F(TreeTest, OfALivingChildIsGroupParentsAndMark) {
  EXPECT_EQ(found(run), (std::set<pid_t>{11, 12, 13}));
}

TEST_F(TreeTest, OfAnEndedChildIsGroupAndMark) {
  world.end(10);
  run.child_lives = false;
  EXPECT_EQ(found(run), (std::set<pid_t>{11, 12, 13}));
}

TEST_F(TreeTest, WithoutAMarkOrphansAreNotTaken) {
  run.mark.clear();
  EXPECT_EQ(found(run), (std::set<pid_t>{11, 12}));
}

TEST_F(TreeTest, ChildrenOfOrphansBelongToIt) {
  world.add(15, 13, 13);
  world.add(16, 15, 16);
  EXPECT_TRUE(found(run).contains(16));
}

TEST_F(TreeTest, ZombiesAreNotCounted) {
  std::ranges::find(world.all, 12, &ProcessFacts::pid)->is_zombie = true;
  EXPECT_EQ(found(run), (std::set<pid_t>{11, 13}));
}

TEST_F(TreeTest, WhoWasThereAtTheStopIsKilledWithoutParentOrMark) {
  world.add(17, 12, 17);  // no mark, found by its parents only
  stop.begin(run, SIGTERM, TreeStop::Told::child_only);
  world.end(12);
  world.end(10);
  run.child_lives = false;
  EXPECT_EQ(stop.kill(run), 3U);
  EXPECT_EQ(world.killed, (std::set<pid_t>{11, 13, 17}));
}

TEST_F(TreeTest, APidThatIsAnothersNowIsNotKilled) {
  world.add(17, 12, 17);
  stop.begin(run, SIGTERM, TreeStop::Told::child_only);
  world.end(17);
  world.add(17, 1, 17);
  world.all.back().start_ticks = 999;
  stop.kill(run);
  EXPECT_FALSE(world.killed.contains(17));
}

TEST_F(TreeTest, TheStopSignalToAllLeavesTheGroupToTheGroupSignal) {
  stop.begin(run, SIGTERM, TreeStop::Told::whole_group);
  EXPECT_EQ(world.said, (std::vector<std::string>{"13 15", "12 15"}));
}

TEST_F(TreeTest, TheStopSignalToTheChildOnlyReachesTheOthersAtItsEnd) {
  stop.begin(run, SIGTERM, TreeStop::Told::child_only);
  EXPECT_TRUE(world.said.empty());
  world.end(10);
  run.child_lives = false;
  EXPECT_TRUE(stop.wait(run, SIGTERM, [] {}));
  EXPECT_EQ(world.said, (std::vector<std::string>{"11 15", "12 15", "13 15"}));
}

TEST_F(TreeTest, NobodyIsToldTwiceAndTheLastOnesEndIsTheEnd) {
  bool gone = false;
  stop.begin(run, SIGTERM, TreeStop::Told::whole_group);
  world.said.clear();
  world.end(10);
  run.child_lives = false;
  ASSERT_TRUE(stop.wait(run, SIGTERM, [&] { gone = true; }));
  for (const pid_t pid : {12, 11, 13}) {
    turn();
    EXPECT_FALSE(gone) << pid;
    world.end(pid);
  }
  turn();
  EXPECT_TRUE(gone);
  EXPECT_FALSE(stop.is_waiting());
  EXPECT_TRUE(world.said.empty());
}

TEST_F(TreeTest, OneThatComesWhileTheOthersEndIsToldAndWaitedFor) {
  bool gone = false;
  world.end(10);
  run.child_lives = false;
  ASSERT_TRUE(stop.wait(run, SIGTERM, [&] { gone = true; }));
  world.add(18, keeper, 18, environment_with(mark));
  for (const pid_t pid : {11, 12, 13}) {
    world.end(pid);
    turn();
  }
  EXPECT_FALSE(gone);
  EXPECT_EQ(world.said.back(), "18 15");
  world.end(18);
  turn();
  EXPECT_TRUE(gone);
}

TEST_F(TreeTest, WithNobodyLeftThereIsNothingToWaitFor) {
  for (const pid_t pid : {10, 11, 12, 13}) world.end(pid);
  run.child_lives = false;
  EXPECT_FALSE(stop.wait(run, SIGTERM, [] {}));
  EXPECT_FALSE(stop.is_waiting());
}

TEST_F(TreeTest, AKillEndsTheWaiting) {
  bool gone = false;
  world.end(10);
  run.child_lives = false;
  ASSERT_TRUE(stop.wait(run, SIGTERM, [&] { gone = true; }));
  EXPECT_EQ(stop.kill(run), 3U);
  EXPECT_FALSE(gone);  // not from within the call
  turn();
  EXPECT_TRUE(gone);
}

TEST_F(TreeTest, AllAreStoppedBeforeAnyIsKilled) {
  stop.kill(run);
  const auto first_kill =
      std::ranges::find_if(world.said, [](const auto& line) { return line.ends_with(" 9"); });
  EXPECT_EQ(world.said.front(), "10 19");
  EXPECT_EQ(first_kill - world.said.begin(), 4);
  EXPECT_EQ(world.killed, (std::set<pid_t>{11, 12, 13}));
}

TEST_F(TreeTest, OneThatForksMeanwhileIsFollowed) {
  world.before_scan = [&](int scan) {
    if (scan <= 3) world.add(30 + scan, scan == 1 ? 12 : 29 + scan, 30 + scan);
  };
  stop.kill(run);
  EXPECT_TRUE(world.killed.contains(31) && world.killed.contains(32) && world.killed.contains(33));
  EXPECT_EQ(world.scans, 4);
}

TEST_F(TreeTest, OneThatForksForEverDoesNotHoldUsUp) {
  world.before_scan = [&](int scan) { world.add(100 + scan, 12, 100 + scan); };
  stop.kill(run);
  EXPECT_LE(world.scans, 20);
}

struct StatRow {
  const char* name;
  const char* text;
  std::optional<ProcessFacts> facts;
};
class StatText : public testing::TestWithParam<StatRow> {};

TEST_P(StatText, IsReadAsTheTableSays) { EXPECT_EQ(parse_stat(GetParam().text), GetParam().facts); }

INSTANTIATE_TEST_SUITE_P(
    Tree, StatText,
    testing::Values(
        StatRow{"Plain", "7 (cat) S 2 7 5 0 -1 4194560 100 0 0 0 0 0 0 0 20 0 1 0 12345 1 2\n",
                ProcessFacts{7, 2, 7, 12345, false}},
        StatRow{"NameWithParentheses", "7 (a) Z 1 (b) Z 3 8 5 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 1",
                ProcessFacts{7, 3, 8, 99, true}},
        StatRow{"LastField", "7 (cat) X 2 7 5 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5",
                ProcessFacts{7, 2, 7, 5, true}},
        StatRow{"Cut", "7 (cat) S 2 7 5 0", std::nullopt}, StatRow{"Empty", "", std::nullopt},
        StatRow{"NoName", "7 cat S 2 7", std::nullopt}),
    [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace supervisord::process
