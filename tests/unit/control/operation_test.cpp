#include "supervisord/control/operation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "tests/fakes/process_fixture.hpp"

namespace supervisord::control {
namespace {

using namespace std::chrono_literals;
using process::Process;

std::string name_of(Fault fault) {
  switch (fault) {
    case Fault::none: return "ok";
    case Fault::bad_name: return "bad_name";
    case Fault::no_file: return "no_file";
    case Fault::already_started: return "already_started";
    case Fault::not_running: return "not_running";
    case Fault::not_executable: return "not_executable";
    case Fault::failed: return "failed";
    case Fault::spawn_error: return "spawn_error";
    case Fault::abnormal_termination: return "abnormal_termination";
    default: return "another";
  }
}

class OperationsTest : public ProcessFixture {
 protected:
  OperationsTest() {
    on_change_ = [this](const process::StateChange& change) { operations_.on_change(change); };
  }
  Process& add_named(const std::string& name) {
    auto spec = spec_of(name);
    spec.start_secs = 0s;
    return add(spec);
  }
  static void run_up(Process& process, pid_t pid) {
    process.start();
    process.on_spawned({process.key(), pid});
  }
  InterestPtr run(Verb verb, const std::vector<Process*>& processes,
                  Wait wait = Wait::until_settled) {
    return operations_.run(
        verb, processes, wait,
        [this](const Outcome& outcome) {
          told_ += outcome.process + " " + name_of(outcome.fault) + "; ";
        },
        [this](const Ending&) { told_ += "done"; });
  }

  Operations operations_{surroundings_, table_};
  std::string told_;
};

TEST_F(OperationsTest, StartIsOverWhenItsProcessRuns) {
  Process& web = add_named("web");
  const auto interest = run(Verb::start, {&web});
  turn();
  EXPECT_EQ(told_, "");
  web.on_spawned({web.key(), 7});
  EXPECT_EQ(told_, "");  // never from within a call
  turn();
  EXPECT_EQ(told_, "web ok; done");
}

TEST_F(OperationsTest, EachProcessIsToldAsItSettles) {
  Process& a = add_named("a");
  Process& b = add_named("b");
  const auto interest = run(Verb::start, {&a, &b});
  b.on_spawned({b.key(), 8});
  turn();
  EXPECT_EQ(told_, "b ok; ");
  a.on_spawn_failed({a.key(), "exec", "/a", ENOENT});
  turn();
  EXPECT_EQ(told_, "b ok; a spawn_error; done");
}

TEST_F(OperationsTest, StartThatEndsTooSoonIsASpawnError) {
  auto spec = spec_of("web");
  spec.start_secs = 5s;
  Process& web = add(spec);
  const auto interest = run(Verb::start, {&web});
  web.on_spawned({web.key(), 7});
  web.on_exited({web.key(), 7, 0, true});
  turn();
  EXPECT_EQ(told_, "web spawn_error; done");
  web.stop();
}

TEST_F(OperationsTest, CommandThatIsMissingIsNotStarted) {
  auto spec = spec_of("web");
  spec.command = "missing";
  Process& web = add(spec);
  const auto interest = run(Verb::start, {&web});
  turn();
  EXPECT_EQ(told_, "web no_file; done");
  EXPECT_EQ(web.state(), process::State::stopped);
}

TEST_F(OperationsTest, OneInBackoffIsToldThatItsCommandIsMissing) {
  auto spec = spec_of("web");
  spec.command = "missing";
  Process& web = add(spec);
  web.start();
  ASSERT_EQ(web.state(), process::State::backoff);
  const auto alone = run(Verb::start, {&web});
  turn();
  EXPECT_EQ(told_, "web no_file; done");
  told_.clear();
  const auto among_others = run(Verb::start, {&web, &web});
  turn();
  EXPECT_EQ(told_, "web already_started; web already_started; done");
}

TEST_F(OperationsTest, WhatRunsIsStartedAlready) {
  Process& web = add_named("web");
  run_up(web, 7);
  const auto interest = run(Verb::start, {&web});
  turn();
  EXPECT_EQ(told_, "web already_started; done");
}

TEST_F(OperationsTest, StopIsOverWhenItsProcessHasEnded) {
  Process& web = add_named("web");
  run_up(web, 7);
  const auto interest = run(Verb::stop, {&web});
  turn();
  EXPECT_EQ(told_, "");
  web.on_exited({web.key(), 7, SIGTERM, true});
  turn();
  EXPECT_EQ(told_, "web ok; done");
}

TEST_F(OperationsTest, StopOfWhatDoesNotRun) {
  const auto interest = run(Verb::stop, {&add_named("web")});
  turn();
  EXPECT_EQ(told_, "web not_running; done");
}

TEST_F(OperationsTest, CommandThatIsNoneIsNotExecutable) {
  auto spec = spec_of("web");
  spec.command = "bad";
  Process& web = add(spec);
  const auto interest = run(Verb::start, {&web});
  turn();
  EXPECT_EQ(told_, "web not_executable; done");
  EXPECT_EQ(web.state(), process::State::stopped);
}

TEST_F(OperationsTest, StopWhileStoppingIsRefusedAndARestartWaits) {
  Process& web = add_named("web");
  run_up(web, 7);
  const auto first = run(Verb::stop, {&web});
  const auto second = run(Verb::stop, {&web});
  turn();
  EXPECT_EQ(told_, "web not_running; done");
  const auto third = run(Verb::take_down, {&web});
  turn();
  told_.clear();
  web.on_exited({web.key(), 7, SIGTERM, true});
  turn();
  EXPECT_EQ(told_, "web ok; doneweb ok; done");
}

TEST_F(OperationsTest, StartWhileStoppingIsAbnormal) {
  Process& web = add_named("web");
  run_up(web, 7);
  web.stop();
  const auto interest = run(Verb::start, {&web});
  turn();
  EXPECT_EQ(told_, "web abnormal_termination; done");
  told_.clear();
  const auto unwaited = run(Verb::start, {&web}, Wait::no);
  turn();
  EXPECT_EQ(told_, "web ok; done");
  web.on_exited({web.key(), 7, SIGTERM, true});
}

TEST_F(OperationsTest, StopDuringAStartEndsItAbnormally) {
  auto spec = spec_of("web");
  spec.start_secs = 5s;
  Process& web = add(spec);
  const auto start = run(Verb::start, {&web});
  web.on_spawned({web.key(), 7});
  const auto stop = run(Verb::stop, {&web});
  turn();
  EXPECT_EQ(told_, "web abnormal_termination; done");
  told_.clear();
  web.on_exited({web.key(), 7, SIGTERM, true});
  turn();
  EXPECT_EQ(told_, "web ok; done");
}

TEST_F(OperationsTest, UnknownIsNotStarted) {
  Process& web = add_named("web");
  run_up(web, 7);
  web.on_signal_failed({web.key(), SIGTERM, EPERM});
  const auto interest = run(Verb::start, {&web});
  turn();
  EXPECT_EQ(told_, "web failed; done");
}

TEST_F(OperationsTest, WaitForAStopIsLoggedWhileSomebodyWaits) {
  Process& web = add_named("web");
  run_up(web, 7);
  const auto interest = run(Verb::stop, {&web});
  EXPECT_EQ(std::ranges::count(lines_, "waiting for web to stop"), 1);
  Process& other = add_named("other");
  run_up(other, 8);
  const auto unwaited = run(Verb::stop, {&other}, Wait::no);
  EXPECT_EQ(std::ranges::count(lines_, "waiting for other to stop"), 0);
  web.on_exited({web.key(), 7, SIGTERM, true});
  other.on_exited({other.key(), 8, SIGTERM, true});
  turn();
}

TEST_F(OperationsTest, DoesNotWaitWhenToldNotTo) {
  Process& web = add_named("web");
  const auto interest = run(Verb::start, {&web}, Wait::no);
  turn();
  EXPECT_EQ(told_, "web ok; done");
}

TEST_F(OperationsTest, NobodyIsToldAfterTheInterestIsGone) {
  Process& web = add_named("web");
  auto interest = run(Verb::start, {&web});
  interest.reset();
  web.on_spawned({web.key(), 7});
  turn();
  EXPECT_EQ(told_, "");
  EXPECT_EQ(web.state(), process::State::running);
}

TEST_F(OperationsTest, GroupThatIsRemovedEndsTheWait) {
  Process& web = add_named("web");
  run_up(web, 7);
  const auto interest = run(Verb::stop, {&web});
  operations_.on_group_removed("web");
  turn();
  EXPECT_EQ(told_, "web bad_name; done");
}

TEST_F(OperationsTest, NothingToDoIsOverAtOnce) {
  const auto interest = run(Verb::start, {});
  turn();
  EXPECT_EQ(told_, "done");
}

}  // namespace
}  // namespace supervisord::control
