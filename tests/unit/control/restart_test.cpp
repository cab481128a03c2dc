#include "supervisord/control/restart.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "tests/fakes/process_fixture.hpp"

namespace supervisord::control {
namespace {

using namespace std::chrono_literals;
using process::Process;
using process::State;

class RestartsTest : public ProcessFixture {
 protected:
  RestartsTest() {
    on_change_ = [this](const process::StateChange& change) { operations_.on_change(change); };
  }
  Process& running(const std::string& name, pid_t pid) {
    auto spec = spec_of(name);
    spec.start_secs = 0s;
    Process& process = add(spec);
    process.start();
    process.on_spawned({process.key(), pid});
    return process;
  }
  InterestPtr run(const std::vector<Process*>& processes) {
    return restarts_.run(
        processes, processes, Wait::until_settled,
        {[this](const Outcome& outcome) { told_ += outcome.process + " stopped; "; },
         [this](const Outcome& outcome) { told_ += outcome.process + " started; "; }},
        [this](const Ending& ending) {
          told_ += ending.fault == Fault::none ? "done" : "refused";
        });
  }

  Operations operations_{surroundings_, table_};
  bool is_ending_ = false;
  Restarts restarts_{operations_, surroundings_, table_, [this] { return is_ending_; }};
  std::string told_;
};

TEST_F(RestartsTest, StopsAllThenStartsAll) {
  Process& a = running("a", 7);
  Process& b = running("b", 8);
  const auto interest = run({&a, &b});
  EXPECT_EQ(keeper_.records.at("restart:0"), "stopping\na:a\nb:b");
  a.on_exited({a.key(), 7, SIGTERM, true});
  turn();
  EXPECT_EQ(a.state(), State::stopped);
  b.on_exited({b.key(), 8, SIGTERM, true});
  turn();
  EXPECT_EQ(a.state(), State::starting);
  EXPECT_FALSE(keeper_.records.contains("restart:0"));  // their own records say the rest
  a.on_spawned({a.key(), 9});
  b.on_spawned({b.key(), 10});
  turn();
  EXPECT_EQ(told_, "a stopped; b stopped; a started; b started; done");
}

TEST_F(RestartsTest, GoesOnWithoutAListener) {
  Process& a = running("a", 7);
  run({&a}).reset();
  a.on_exited({a.key(), 7, SIGTERM, true});
  turn();
  EXPECT_EQ(a.state(), State::starting);
  EXPECT_EQ(told_, "");
}

TEST_F(RestartsTest, StartsNothingWhenAllGoesDown) {
  Process& a = running("a", 7);
  const auto interest = run({&a});
  is_ending_ = true;
  a.on_exited({a.key(), 7, SIGTERM, true});
  turn();
  EXPECT_EQ(a.state(), State::stopped);
  EXPECT_EQ(told_, "a stopped; refused");
  EXPECT_FALSE(keeper_.records.contains("restart:0"));
}

// As the record of a killed daemon, whose stop was under way for one and over for the other.
TEST_F(RestartsTest, SuccessorEndsTheStopsAndStarts) {
  Process& a = running("a", 7);
  Process& b = running("b", 8);
  a.stop();
  b.stop();
  b.on_exited({b.key(), 8, SIGTERM, true});
  restarts_.resume("4", "stopping\na:a\nb:b\ngone:gone");
  turn();
  EXPECT_EQ(b.state(), State::stopped);
  a.on_exited({a.key(), 7, SIGTERM, true});
  turn();
  EXPECT_EQ(a.state(), State::starting);
  EXPECT_EQ(b.state(), State::starting);
  EXPECT_TRUE(keeper_.was_told("drop restart:4"));
  run({&a}).reset();
  EXPECT_TRUE(keeper_.was_told("put restart:5"));  // no other one's record
}

TEST_F(RestartsTest, SuccessorStartsOnlyWhatHasNotBeenStarted) {
  Process& a = running("a", 7);
  Process& b = running("b", 8);
  b.stop();
  b.on_exited({b.key(), 8, SIGTERM, true});
  restarts_.resume("0", "starting\na:a\nb:b");
  turn();
  EXPECT_EQ(a.status().pid, 7);
  EXPECT_EQ(b.state(), State::starting);
}

TEST_F(RestartsTest, RecordThatIsNoneIsDropped) {
  restarts_.resume("0", "");
  EXPECT_TRUE(keeper_.was_told("drop restart:0"));
}

}  // namespace
}  // namespace supervisord::control
