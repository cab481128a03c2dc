#include "supervisord/keeper/adoption.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "supervisord/keeper/launcher.hpp"
#include "supervisord/keeper/reaper.hpp"

namespace supervisord::keeper {
namespace {

struct StatRow {
  const char* name;
  const char* text;
  char state;  // 0: refused
  std::uint64_t start_ticks;
};
class ProcStatText : public testing::TestWithParam<StatRow> {};

TEST_P(ProcStatText, IsReadAsTheTableSays) {
  const auto stat = parse_proc_stat(GetParam().text);
  ASSERT_EQ(stat.has_value(), GetParam().state != 0);
  if (!stat) return;
  EXPECT_EQ(stat->state, GetParam().state);
  EXPECT_EQ(stat->start_ticks, GetParam().start_ticks);
}
INSTANTIATE_TEST_SUITE_P(
    Adoption, ProcStatText,
    testing::Values(
        StatRow{"Plain", "7 (sh) S 1 7 7 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 4242 99 1", 'S', 4242},
        StatRow{"NameWithParenthesis",
                "7 (a) Z 1 ) R 1 7 7 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 17 99", 'R', 17},
        StatRow{"Last", "7 (sh) Z 1 7 7 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 5", 'Z', 5},
        StatRow{"Cut", "7 (sh) S 1 7 7 0 -1 4", 0, 0}, StatRow{"Empty", "", 0, 0},
        StatRow{"NoName", "7 sh S", 0, 0}),
    [](const auto& row) { return std::string{row.param.name}; });

// A child that waits for its end, with a pipe for its output.
struct Adopted : testing::Test {
  Adopted() {
    SpawnPlan plan;
    plan.name = "a";
    plan.executable = "/bin/sleep";
    plan.argv = {"sleep", "1000"};
    plan.targets = {1, 2};
    auto launcher = Launcher::make({1024, 1024});
    pipe = *common::make_pipe();
    const std::vector<int> fds{pipe.write_end.get(), pipe.write_end.get()};
    auto result = launcher->launch(plan, fds);
    launched = std::move(std::get<Launched>(result));
    facts = facts_of("a", launched.pid, launched.pidfd.get(), fds, plan.targets);
  }
  ~Adopted() override {
    ::kill(launched.pid, SIGKILL);
    ::waitpid(launched.pid, nullptr, 0);
  }
  common::Pipe pipe;
  Launched launched;
  ChildFacts facts;
};

TEST_F(Adopted, TheSameProcessLivesAndItsPipeIsOpenedOnce) {
  const ChildRow row = adopt(facts);
  EXPECT_TRUE(row.lives());
  EXPECT_TRUE(row.adopted);
  ASSERT_EQ(row.recovered.size(), 1U);  // both targets are one pipe
  EXPECT_EQ(row.recovered[0].target, 1);
  ASSERT_EQ(::write(pipe.write_end.get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(row.recovered[0].fd.get(), &byte, 1), 1);
}

TEST_F(Adopted, AnotherStartTimeIsAnotherProcess) {
  ++facts.start_ticks;
  const ChildRow row = adopt(facts);
  ASSERT_FALSE(row.lives());
  EXPECT_FALSE(row.facts.exit->known);
  EXPECT_TRUE(row.recovered.empty());
}

TEST_F(Adopted, AnotherPipeIsNotTaken) {
  for (auto& end : facts.pipes) ++end.inode;
  EXPECT_TRUE(adopt(facts).recovered.empty());
}

TEST_F(Adopted, AZombieHasEnded) {
  ::kill(launched.pid, SIGKILL);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(launched.pid), &info, WEXITED | WNOWAIT);
  EXPECT_FALSE(adopt(facts).lives());
}

TEST_F(Adopted, ItsEndIsSeenAndItsStatusWhereTheKernelTells) {
  const ChildRow row = adopt(facts);
  EXPECT_EQ(look_at_adopted(row.pidfd.get()).state, AdoptedState::lives);
  ::kill(launched.pid, SIGTERM);
  ::waitpid(launched.pid, nullptr, 0);
  const AdoptedEnd end = look_at_adopted(row.pidfd.get());
  EXPECT_EQ(end.state, AdoptedState::forgotten);
  EXPECT_EQ(end.exit.status, end.exit.known ? SIGTERM : 0);
}

TEST(Adoption, OneThatWasBeingLaunchedHasEndedUnknown) {
  ChildFacts hint;
  hint.name = "a";
  const ChildRow row = adopt(hint);
  ASSERT_FALSE(row.lives());
  EXPECT_FALSE(row.facts.exit->known);
}

}  // namespace
}  // namespace supervisord::keeper
