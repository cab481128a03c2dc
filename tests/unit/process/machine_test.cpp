#include "supervisord/process/machine.hpp"

#include <gtest/gtest.h>

#include <string>

namespace supervisord::process {
namespace {

using namespace std::chrono_literals;

const Clock::time_point t0{1000s};

template <class Wanted>
const Wanted* find(const std::vector<Action>& actions) {
  for (const auto& action : actions) {
    if (const auto* wanted = std::get_if<Wanted>(&action)) return wanted;
  }
  return nullptr;
}

template <class Wanted>
bool has(const std::vector<Action>& actions) {
  return find<Wanted>(actions) != nullptr;
}

/// "STARTING>RUNNING RUNNING>EXITED!" - '!' for an exit that was not expected.
std::string announced(const std::vector<Action>& actions) {
  std::string text;
  for (const auto& action : actions) {
    const auto* announce = std::get_if<Announce>(&action);
    if (announce == nullptr) continue;
    if (!text.empty()) text += ' ';
    text += std::string{state_name(announce->from)} + '>' + std::string{state_name(announce->to)};
    if (!announce->expected) text += '!';
  }
  return text;
}

/// Of the first change that is announced.
int tries_of(const std::vector<Action>& actions) {
  const auto* const first = find<Announce>(actions);
  return first != nullptr ? first->tries : -1;
}

/// A machine in `state` as it is reached by inputs, with the time at which it was reached: t0.
Machine machine_in(State state, Policy policy = {}) {
  Machine machine{policy};
  const auto up = [&] {
    machine.step(StartAsked{}, t0 - 10s);
    machine.step(Spawned{}, t0 - 10s);
    machine.step(TimerFired{}, t0 - 9s);
  };
  switch (state) {
    case State::stopped: break;
    case State::starting:
      machine.step(StartAsked{}, t0);
      machine.step(Spawned{}, t0);
      break;
    case State::running: up(); break;
    case State::backoff:
      machine.step(StartAsked{}, t0);
      machine.step(SpawnFailed{"can't find command 'x'"}, t0);
      break;
    case State::stopping:
      up();
      machine.step(StopAsked{}, t0);
      break;
    case State::exited:
      up();
      machine.step(Exited{0}, t0);
      break;
    case State::fatal: {
      Policy no_retries = policy;
      no_retries.start_retries = 0;
      machine.set_policy(no_retries);
      machine.step(StartAsked{}, t0);
      machine.step(SpawnFailed{"can't find command 'x'"}, t0);
      machine.set_policy(policy);
      break;
    }
    case State::unknown:
      up();
      machine.step(SignalRefused{}, t0);
      break;
  }
  EXPECT_EQ(machine.state(), state);
  return machine;
}

// Every state and every input: where it leads, what is announced, and what is done.
struct Row {
  const char* name;
  State from;
  Input input;
  Clock::duration after;
  State to;
  const char* announces;
  bool spawns = false;
  int signals = 0;
};

class Table : public testing::TestWithParam<Row> {};

TEST_P(Table, LeadsWhereSupervisorsTableSays) {
  const auto& row = GetParam();
  Machine machine = machine_in(row.from);
  const auto actions = machine.step(row.input, t0 + row.after);
  EXPECT_EQ(machine.state(), row.to);
  EXPECT_EQ(announced(actions), row.announces);
  EXPECT_EQ(has<Spawn>(actions), row.spawns);
  const auto* signal = find<Signal>(actions);
  EXPECT_EQ(signal != nullptr ? signal->number : 0, row.signals);
}

using S = State;
const Row rows[] = {
    {"StoppedStart", S::stopped, StartAsked{}, 0s, S::starting, "STOPPED>STARTING", true},
    {"StoppedStop", S::stopped, StopAsked{}, 0s, S::stopped, ""},
    {"StoppedShutdown", S::stopped, ShutdownAsked{}, 0s, S::stopped, ""},
    {"StoppedSpawned", S::stopped, Spawned{}, 0s, S::stopped, ""},
    {"StoppedSpawnFailed", S::stopped, SpawnFailed{"x"}, 0s, S::stopped, ""},
    {"StoppedExited", S::stopped, Exited{0}, 0s, S::stopped, ""},
    {"StoppedReady", S::stopped, Ready{}, 0s, S::stopped, ""},
    {"StoppedSignalRefused", S::stopped, SignalRefused{}, 0s, S::stopped, ""},
    {"StoppedTimer", S::stopped, TimerFired{}, 0s, S::stopped, ""},

    {"StartingStart", S::starting, StartAsked{}, 0s, S::starting, ""},
    {"StartingStop", S::starting, StopAsked{}, 0s, S::stopping, "STARTING>STOPPING", false,
     SIGTERM},
    {"StartingShutdown", S::starting, ShutdownAsked{}, 0s, S::stopping, "STARTING>STOPPING", false,
     SIGTERM},
    {"StartingSpawnFailed", S::starting, SpawnFailed{"x"}, 0s, S::backoff, "STARTING>BACKOFF"},
    {"StartingExitsEarlyWithSuccess", S::starting, Exited{0}, 500ms, S::backoff,
     "STARTING>BACKOFF"},
    {"StartingExitsEarlyByASignal", S::starting, Exited{}, 500ms, S::backoff, "STARTING>BACKOFF"},
    {"StartingExitsLateBeforeItsTimer", S::starting, Exited{0}, 1s, S::exited,
     "STARTING>RUNNING RUNNING>EXITED"},
    {"StartingExitsLateAndIsRestarted", S::starting, Exited{3}, 1s, S::starting,
     "STARTING>RUNNING RUNNING>EXITED! EXITED>STARTING", true},
    {"StartingReady", S::starting, Ready{}, 0s, S::starting, ""},
    {"StartingSignalRefused", S::starting, SignalRefused{}, 0s, S::unknown, "STARTING>UNKNOWN"},
    {"StartingTimer", S::starting, TimerFired{}, 1s, S::running, "STARTING>RUNNING"},
    {"StartingTimerTooEarly", S::starting, TimerFired{}, 999ms, S::starting, ""},

    {"RunningStart", S::running, StartAsked{}, 0s, S::running, ""},
    {"RunningStop", S::running, StopAsked{}, 0s, S::stopping, "RUNNING>STOPPING", false, SIGTERM},
    {"RunningShutdown", S::running, ShutdownAsked{}, 0s, S::stopping, "RUNNING>STOPPING", false,
     SIGTERM},
    {"RunningSpawned", S::running, Spawned{}, 0s, S::running, ""},
    {"RunningExitsAsExpected", S::running, Exited{0}, 0s, S::exited, "RUNNING>EXITED"},
    {"RunningExitsUnexpectedly", S::running, Exited{3}, 0s, S::starting,
     "RUNNING>EXITED! EXITED>STARTING", true},
    {"RunningKilled", S::running, Exited{}, 0s, S::starting, "RUNNING>EXITED! EXITED>STARTING",
     true},
    {"RunningSignalRefused", S::running, SignalRefused{}, 0s, S::unknown, "RUNNING>UNKNOWN"},
    {"RunningTimer", S::running, TimerFired{}, 0s, S::running, ""},

    {"BackoffStart", S::backoff, StartAsked{}, 0s, S::starting, "BACKOFF>STARTING", true},
    {"BackoffStop", S::backoff, StopAsked{}, 0s, S::stopped, "BACKOFF>STOPPED"},
    {"BackoffShutdown", S::backoff, ShutdownAsked{}, 0s, S::fatal, "BACKOFF>FATAL"},
    {"BackoffExited", S::backoff, Exited{0}, 0s, S::backoff, ""},
    {"BackoffReady", S::backoff, Ready{}, 0s, S::backoff, ""},
    {"BackoffTimer", S::backoff, TimerFired{}, 1s, S::starting, "BACKOFF>STARTING", true},

    {"StoppingStart", S::stopping, StartAsked{}, 0s, S::stopping, ""},
    {"StoppingStop", S::stopping, StopAsked{}, 0s, S::stopping, ""},
    {"StoppingShutdown", S::stopping, ShutdownAsked{}, 0s, S::stopping, ""},
    {"StoppingSpawnFailed", S::stopping, SpawnFailed{"x"}, 0s, S::stopped, "STOPPING>STOPPED"},
    {"StoppingExited", S::stopping, Exited{0}, 0s, S::stopped, "STOPPING>STOPPED"},
    {"StoppingKilled", S::stopping, Exited{}, 0s, S::stopped, "STOPPING>STOPPED!"},
    {"StoppingReady", S::stopping, Ready{}, 0s, S::stopping, ""},
    {"StoppingSignalRefused", S::stopping, SignalRefused{}, 0s, S::unknown, "STOPPING>UNKNOWN"},
    {"StoppingTimer", S::stopping, TimerFired{}, 10s, S::stopping, "", false, SIGKILL},

    {"ExitedStart", S::exited, StartAsked{}, 0s, S::starting, "EXITED>STARTING", true},
    {"ExitedStop", S::exited, StopAsked{}, 0s, S::exited, ""},
    {"ExitedShutdown", S::exited, ShutdownAsked{}, 0s, S::exited, ""},
    {"ExitedExited", S::exited, Exited{0}, 0s, S::exited, ""},
    {"ExitedTimer", S::exited, TimerFired{}, 0s, S::exited, ""},

    {"FatalStart", S::fatal, StartAsked{}, 0s, S::starting, "FATAL>STARTING", true},
    {"FatalStop", S::fatal, StopAsked{}, 0s, S::fatal, ""},
    {"FatalShutdown", S::fatal, ShutdownAsked{}, 0s, S::fatal, ""},
    {"FatalTimer", S::fatal, TimerFired{}, 0s, S::fatal, ""},

    {"UnknownWithChildStart", S::unknown, StartAsked{}, 0s, S::unknown, ""},
    {"UnknownStop", S::unknown, StopAsked{}, 0s, S::unknown, ""},
    {"UnknownExited", S::unknown, Exited{0}, 0s, S::exited, "UNKNOWN>EXITED"},
    {"StoppedStartsEnd", S::stopped, StartsEnd{}, 0s, S::stopped, ""},
    {"StartingStartsEnd", S::starting, StartsEnd{}, 0s, S::starting, ""},
    {"RunningStartsEnd", S::running, StartsEnd{}, 0s, S::running, ""},
    {"BackoffStartsEnd", S::backoff, StartsEnd{}, 0s, S::backoff, ""},
    {"StoppingStartsEnd", S::stopping, StartsEnd{}, 0s, S::stopping, ""},
    {"ExitedStartsEnd", S::exited, StartsEnd{}, 0s, S::exited, ""},
    {"UnknownTimer", S::unknown, TimerFired{}, 0s, S::unknown, ""},
};

INSTANTIATE_TEST_SUITE_P(Machine, Table, testing::ValuesIn(rows),
                         [](const auto& row) { return std::string{row.param.name}; });

struct ExitRow {
  const char* name;
  Restart restart;
  std::optional<int> code;
  State to;
};
class ExitIn : public testing::TestWithParam<ExitRow> {};

TEST_P(ExitIn, RestartsAsAutorestartSays) {
  Machine machine =
      machine_in(State::running, {.restart = GetParam().restart, .exit_codes = {0, 2}});
  const auto actions = machine.step(Exited{GetParam().code}, t0);
  EXPECT_EQ(machine.state(), GetParam().to);
  EXPECT_EQ(has<Spawn>(actions), GetParam().to == State::starting);
}

INSTANTIATE_TEST_SUITE_P(
    Machine, ExitIn,
    testing::Values(ExitRow{"NeverExpected", Restart::never, 0, State::exited},
                    ExitRow{"NeverUnexpected", Restart::never, 1, State::exited},
                    ExitRow{"UnexpectedExpected", Restart::unexpected, 2, State::exited},
                    ExitRow{"UnexpectedUnexpected", Restart::unexpected, 1, State::starting},
                    ExitRow{"UnexpectedSignal", Restart::unexpected, {}, State::starting},
                    ExitRow{"AlwaysExpected", Restart::always, 0, State::starting},
                    ExitRow{"AlwaysSignal", Restart::always, {}, State::starting}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Machine, WaitsOneTwoThreeSecondsThenGivesUp) {
  Machine machine{{.start_retries = 3}};
  machine.step(StartAsked{}, t0);
  auto now = t0;
  for (int failure = 1; failure <= 3; ++failure) {
    const auto actions = machine.step(SpawnFailed{"x"}, now);
    ASSERT_EQ(machine.state(), State::backoff);
    ASSERT_NE(find<SetTimer>(actions), nullptr);
    EXPECT_EQ(find<SetTimer>(actions)->at, now + std::chrono::seconds{failure});
    now = find<SetTimer>(actions)->at;
    EXPECT_TRUE(has<Spawn>(machine.step(TimerFired{}, now)));
  }
  EXPECT_EQ(announced(machine.step(SpawnFailed{"x"}, now)), "STARTING>BACKOFF BACKOFF>FATAL");
  EXPECT_EQ(machine.memory().spawn_error, "x");
}

TEST(Machine, GivesUpAtOnceWithoutRetries) {
  Machine machine{{.start_retries = 0}};
  machine.step(StartAsked{}, t0);
  EXPECT_EQ(announced(machine.step(SpawnFailed{"x"}, t0)), "STARTING>BACKOFF BACKOFF>FATAL");
}

TEST(Machine, NegativeRetriesAreNone) {
  Machine machine{{.start_retries = -5}};
  machine.step(StartAsked{}, t0);
  EXPECT_EQ(announced(machine.step(SpawnFailed{"x"}, t0)), "STARTING>BACKOFF BACKOFF>FATAL");
}

TEST(Machine, CountsTriesInWhatItAnnounces) {
  Machine machine{{.start_retries = 1}};
  EXPECT_EQ(tries_of(machine.step(StartAsked{}, t0)), 0);
  EXPECT_EQ(tries_of(machine.step(SpawnFailed{"x"}, t0)), 1);
  EXPECT_EQ(tries_of(machine.step(TimerFired{}, t0 + 1s)), 1);
  EXPECT_EQ(tries_of(machine.step(SpawnFailed{"x"}, t0 + 1s)), 2);  // before FATAL
  EXPECT_EQ(tries_of(machine.step(StartAsked{}, t0 + 9s)), 0);
}

TEST(Machine, AStopDoesNotForgetTheFailedStarts) {
  Machine machine{{.start_retries = 2}};
  machine.step(StartAsked{}, t0);
  machine.step(SpawnFailed{"x"}, t0);
  machine.step(TimerFired{}, t0 + 1s);
  machine.step(SpawnFailed{"x"}, t0 + 1s);
  machine.step(StopAsked{}, t0 + 2s);
  ASSERT_EQ(machine.state(), State::stopped);
  machine.step(StartAsked{}, t0 + 3s);
  EXPECT_EQ(announced(machine.step(SpawnFailed{"x"}, t0 + 3s)), "STARTING>BACKOFF BACKOFF>FATAL");
}

TEST(Machine, ExitAtExactlyStartsecsHasRun) {
  Machine early{{.start_secs = 3s, .restart = Restart::never}};
  early.step(StartAsked{}, t0);
  early.step(Spawned{}, t0);
  EXPECT_EQ(announced(early.step(Exited{0}, t0 + 3s - 1ns)), "STARTING>BACKOFF");
  EXPECT_FALSE(early.memory().exit_code);

  Machine late{{.start_secs = 3s, .restart = Restart::never}};
  late.step(StartAsked{}, t0);
  late.step(Spawned{}, t0);
  EXPECT_EQ(announced(late.step(Exited{0}, t0 + 3s)), "STARTING>RUNNING RUNNING>EXITED");
  EXPECT_EQ(late.memory().exit_code, 0);
}

// What failed behind the fork is an exit with 127, and says why.
TEST(Machine, ChildThatNeverBecameTheProgramHasExited) {
  Machine quick{{.start_secs = 1s}};
  quick.step(StartAsked{}, t0);
  EXPECT_EQ(announced(quick.step(Exited{127, "couldn't exec x: ENOEXEC"}, t0)), "STARTING>BACKOFF");
  EXPECT_EQ(quick.memory().spawn_error, "couldn't exec x: ENOEXEC");

  Machine at_once{{.start_secs = 0s, .restart = Restart::never}};
  at_once.step(StartAsked{}, t0);
  EXPECT_EQ(announced(at_once.step(Exited{127, "couldn't exec x: ENOEXEC"}, t0)),
            "STARTING>RUNNING RUNNING>EXITED!");
  EXPECT_EQ(at_once.memory().spawn_error, "couldn't exec x: ENOEXEC");
  EXPECT_EQ(at_once.memory().exit_code, 127);
}

struct BadCodeRow {
  const char* name;
  std::optional<int> code;
  const char* text;
};
class UnexpectedExit : public testing::TestWithParam<BadCodeRow> {};

TEST_P(UnexpectedExit, IsSaidAsSupervisorSaysIt) {
  Machine machine = machine_in(State::running, {.restart = Restart::never});
  machine.step(Exited{GetParam().code}, t0);
  EXPECT_EQ(machine.memory().spawn_error, GetParam().text);
}
INSTANTIATE_TEST_SUITE_P(Machine, UnexpectedExit,
                         testing::Values(BadCodeRow{"Code", 3, "Bad exit code 3"},
                                         BadCodeRow{"Signal", {}, "Bad exit code -1"},
                                         BadCodeRow{"Expected", 0, ""}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(Machine, StartsNothingOnceStartsHaveEnded) {
  Machine crashed = machine_in(State::running, {.restart = Restart::always});
  crashed.step(StartsEnd{}, t0);
  EXPECT_EQ(announced(crashed.step(Exited{1}, t0 + 1s)), "RUNNING>EXITED!");

  Machine failing = machine_in(State::backoff);
  EXPECT_TRUE(has<ClearTimer>(failing.step(StartsEnd{}, t0)));
  EXPECT_EQ(announced(failing.step(ShutdownAsked{}, t0 + 9s)), "BACKOFF>FATAL");

  Machine starting = machine_in(State::starting);
  starting.step(StartsEnd{}, t0);
  EXPECT_FALSE(has<SetTimer>(starting.step(Exited{1}, t0 + 100ms)));
  EXPECT_EQ(starting.state(), State::backoff);
}

struct RebaseRow {
  const char* name;
  State state;
  Clock::duration at_most;
};
class Rebase : public testing::TestWithParam<RebaseRow> {};

// A record of another boot, whose clock was further on.
TEST_P(Rebase, LeavesNoDeadlineFurtherThanTheRulesAllow) {
  Memory memory{.state = GetParam().state, .failed_starts = 3, .has_child = true};
  memory.started_at = t0 + 1000h;
  memory.due = t0 + 1000h;
  Machine machine{{.start_secs = 5s, .stop_wait = 7s}, memory};
  machine.rebase(t0);
  EXPECT_EQ(machine.memory().started_at, t0);
  EXPECT_EQ(*machine.memory().due, t0 + GetParam().at_most);

  memory.due = t0 + 1s;
  Machine sound{{.start_secs = 5s, .stop_wait = 7s}, memory};
  sound.rebase(t0);
  EXPECT_EQ(*sound.memory().due, t0 + 1s);
}
INSTANTIATE_TEST_SUITE_P(Machine, Rebase,
                         testing::Values(RebaseRow{"Starting", State::starting, 7s},
                                         RebaseRow{"Backoff", State::backoff, 3s},
                                         RebaseRow{"Stopping", State::stopping, 7s},
                                         RebaseRow{"Exited", State::exited, 1s}),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(Machine, KillsNotMoreThanOnceASecondWithoutStopwaitsecs) {
  Machine machine = machine_in(State::stopping, {.stop_wait = 0s});
  const auto actions = machine.step(TimerFired{}, t0);
  ASSERT_NE(find<Signal>(actions), nullptr);
  EXPECT_EQ(find<SetTimer>(actions)->at, t0 + 1s);
}

TEST(Machine, CountsFailedStartsAnewAfterItHasRun) {
  Machine machine = machine_in(State::backoff);
  machine.step(TimerFired{}, t0 + 1s);
  machine.step(Spawned{}, t0 + 1s);
  machine.step(TimerFired{}, t0 + 2s);
  ASSERT_EQ(machine.state(), State::running);
  EXPECT_EQ(machine.memory().failed_starts, 0);
  EXPECT_EQ(machine.memory().spawn_error, "");
}

TEST(Machine, IsRunningAtOnceWithoutStartsecs) {
  Machine machine{{.start_secs = 0s}};
  machine.step(StartAsked{}, t0);
  EXPECT_EQ(announced(machine.step(Spawned{}, t0)), "STARTING>RUNNING");
}

TEST(Machine, RestartsAShortRunWithoutStartsecsASecondAfterItBegan) {
  Machine machine{{.start_secs = 0s, .restart = Restart::always}};
  machine.step(StartAsked{}, t0);
  machine.step(Spawned{}, t0);
  const auto actions = machine.step(Exited{0}, t0 + 1ms);
  EXPECT_EQ(machine.state(), State::exited);
  ASSERT_NE(find<SetTimer>(actions), nullptr);
  EXPECT_EQ(find<SetTimer>(actions)->at, t0 + 1s);
  EXPECT_TRUE(has<Spawn>(machine.step(TimerFired{}, t0 + 1s)));
}

TEST(Machine, StopTakesAPendingRestartBack) {
  Machine machine{{.start_secs = 0s, .restart = Restart::always}};
  machine.step(StartAsked{}, t0);
  machine.step(Spawned{}, t0);
  machine.step(Exited{0}, t0 + 1ms);
  EXPECT_TRUE(has<ClearTimer>(machine.step(StopAsked{}, t0 + 2ms)));
  EXPECT_FALSE(has<Spawn>(machine.step(TimerFired{}, t0 + 1s)));
}

TEST(Machine, KillsAgainEveryStopwaitsecs) {
  Machine machine = machine_in(State::stopping, {.stop_wait = 4s, .kill_as_group = true});
  for (int round = 1; round <= 3; ++round) {
    const auto actions = machine.step(TimerFired{}, t0 + 4s * round);
    ASSERT_NE(find<Signal>(actions), nullptr);
    EXPECT_EQ(find<Signal>(actions)->number, SIGKILL);
    EXPECT_TRUE(find<Signal>(actions)->whole_group);
    EXPECT_EQ(find<SetTimer>(actions)->at, t0 + 4s * (round + 1));
  }
}

TEST(Machine, StopsWithItsOwnSignalAndItsGroup) {
  Machine machine = machine_in(State::running, {.stop_signal = SIGINT, .stop_as_group = true});
  const auto actions = machine.step(StopAsked{}, t0);
  ASSERT_NE(find<Signal>(actions), nullptr);
  EXPECT_EQ(find<Signal>(actions)->number, SIGINT);
  EXPECT_TRUE(find<Signal>(actions)->whole_group);
}

TEST(Machine, StopBeforeTheChildIsThereEndsInStopped) {
  Machine machine;
  machine.step(StartAsked{}, t0);
  EXPECT_TRUE(
      has<Signal>(machine.step(StopAsked{}, t0)));  // follows the spawn on its way to the keeper
  machine.step(Spawned{}, t0);
  EXPECT_EQ(machine.state(), State::stopping);
  EXPECT_EQ(announced(machine.step(Exited{}, t0)), "STOPPING>STOPPED!");
}

TEST(Machine, DoesNotRestartWhileShuttingDown) {
  Machine machine = machine_in(State::running, {.restart = Restart::always});
  machine.step(ShutdownAsked{}, t0);
  EXPECT_EQ(announced(machine.step(Exited{0}, t0)), "STOPPING>STOPPED");
  EXPECT_EQ(machine.state(), State::stopped);
}

TEST(Machine, IsReadyOnlyWhenBothReadyAndUpLongEnough) {
  Machine early{{.ready_timeout = 90s}};
  early.step(StartAsked{}, t0);
  early.step(Spawned{}, t0);
  EXPECT_EQ(announced(early.step(Ready{}, t0 + 100ms)), "");
  EXPECT_EQ(announced(early.step(TimerFired{}, t0 + 1s)), "STARTING>RUNNING");

  Machine late{{.ready_timeout = 90s}};
  late.step(StartAsked{}, t0);
  late.step(Spawned{}, t0);
  EXPECT_EQ(announced(late.step(TimerFired{}, t0 + 1s)), "");
  EXPECT_EQ(announced(late.step(Ready{}, t0 + 5s)), "STARTING>RUNNING");
}

TEST(Machine, NotReadyInTimeIsStoppedAndCountsAsAFailedStart) {
  Machine machine{{.ready_timeout = 5s}};
  machine.step(StartAsked{}, t0);
  machine.step(Spawned{}, t0);
  auto actions = machine.step(TimerFired{}, t0 + 5s);
  ASSERT_NE(find<Signal>(actions), nullptr);
  EXPECT_EQ(find<Signal>(actions)->number, SIGTERM);
  EXPECT_EQ(machine.state(), State::starting);
  actions = machine.step(TimerFired{}, t0 + 15s);
  ASSERT_NE(find<Signal>(actions), nullptr);
  EXPECT_EQ(find<Signal>(actions)->number, SIGKILL);
  EXPECT_EQ(announced(machine.step(Exited{}, t0 + 15s)), "STARTING>BACKOFF");
  EXPECT_EQ(machine.memory().spawn_error, "Not ready within 5 seconds (ready_timeout)");
}

TEST(Machine, ExitBeforeItIsReadyIsAFailedStart) {
  Machine machine{{.ready_timeout = 90s}};
  machine.step(StartAsked{}, t0);
  machine.step(Spawned{}, t0);
  EXPECT_EQ(announced(machine.step(Exited{0}, t0 + 30s)), "STARTING>BACKOFF");
}

TEST(Machine, GoesOnFromItsMemory) {
  const Machine before = machine_in(State::stopping, {.stop_wait = 4s});
  Machine after{{.stop_wait = 4s}, before.memory()};
  EXPECT_EQ(after.memory().due, t0 + 4s);
  const auto actions = after.step(TimerFired{}, t0 + 4s);
  ASSERT_NE(find<Signal>(actions), nullptr);
  EXPECT_EQ(find<Signal>(actions)->number, SIGKILL);
}

}  // namespace
}  // namespace supervisord::process
