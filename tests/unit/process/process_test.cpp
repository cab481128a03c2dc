#include "supervisord/process/process.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "tests/fakes/process_fixture.hpp"

namespace supervisord::process {
namespace {

using namespace std::chrono_literals;

class ProcessTest : public ProcessFixture {
 protected:
  Record record_held() {
    const auto record = decode_record(keeper_.records.at("process:web:web"));
    EXPECT_TRUE(record);
    return record ? *record : Record{};
  }
  static config::ProcessSpec web() {
    auto spec = spec_of("web");
    spec.start_secs = 0s;
    return spec;
  }
  Process& running() {
    Process& process = add(web());
    process.start();
    process.on_spawned({"web:web", 7});
    EXPECT_EQ(process.state(), State::running);
    keeper_.said.clear();
    return process;
  }
};

TEST_F(ProcessTest, PutsItsStateBeforeItSpawns) {
  Process& process = add(web());
  process.start();
  EXPECT_LT(keeper_.place("put process:web:web"), keeper_.place("spawn web:web"));
  EXPECT_LT(keeper_.place("put stdin:web:web"), keeper_.place("spawn web:web"));
  EXPECT_EQ(keeper_.descriptors, 3U);
  EXPECT_EQ(record_held().memory.state, State::starting);
  EXPECT_EQ(record_held().pid, 0);
}

TEST_F(ProcessTest, PutsItsStateBeforeItSignals) {
  running().stop();
  EXPECT_LT(keeper_.place("put process:web:web"), keeper_.place("signal web:web 15"));
  EXPECT_EQ(record_held().memory.state, State::stopping);
}

TEST_F(ProcessTest, ForgetsAnExitTogetherWithItsRecordAndBeforeTheNextSpawn) {
  Process& process = running();
  process.on_exited({"web:web", 7, SIGKILL, true});
  EXPECT_EQ(process.state(), State::exited);  // a run this short waits for its second
  EXPECT_TRUE(keeper_.was_told("forget web:web"));
  EXPECT_EQ(record_held().previous_pid, 7);
  EXPECT_EQ(process.status().pid, 0);
}

TEST_F(ProcessTest, ShowsTheTextOfAFailedStep) {
  Process& process = add(web());
  process.start();
  process.on_spawn_failed({"web:web", "fork", "", EAGAIN});
  EXPECT_EQ(process.status().spawn_error, "Too many processes in process table to spawn 'web'");
  EXPECT_TRUE(process.failed_to_spawn());
  process.stop();
}

TEST_F(ProcessTest, StepThatFailedBehindTheForkIsAnExitWith127) {
  auto spec = web();
  spec.start_secs = 1s;
  Process& process = add(spec);
  process.start();
  process.on_spawn_failed({"web:web", "chdir", "/nope", ENOENT});
  EXPECT_EQ(process.state(), State::backoff);
  EXPECT_EQ(process.status().spawn_error, "couldn't chdir to /nope: ENOENT");
  EXPECT_FALSE(process.failed_to_spawn());
  EXPECT_EQ(lines_.back(), "exited: web (exit status 127; not expected)");
  process.stop();
}

TEST_F(ProcessTest, StartWhileStoppingIsOnlyALine) {
  Process& process = running();
  process.stop();
  process.start();
  EXPECT_EQ(process.state(), State::stopping);
  EXPECT_EQ(lines_.back(), "process 'web' already running");
}

TEST_F(ProcessTest, SignalThatIsRefusedIsToldAndLeadsToUnknown) {
  Process& process = running();
  process.stop();
  process.on_signal_failed({"web:web", SIGTERM, EPERM});
  EXPECT_EQ(process.state(), State::unknown);
  EXPECT_EQ(lines_.back(), "unknown problem killing web (7): EPERM on SIGTERM");
}

TEST_F(ProcessTest, GoesOnAsTheProcessThatItNamed) {
  Process& process = running();
  process.on_went_on({"web:web", 8});
  EXPECT_EQ(process.state(), State::running);
  EXPECT_EQ(process.pid(), 8);
  EXPECT_EQ(lines_.back(), "'web' goes on with pid 8, in the place of 7");
  process.stop();
  EXPECT_EQ(keeper_.count("signal web:web 15"), 1U);
  process.on_went_on({"web:web", 9});  // it has not been told
  EXPECT_EQ(keeper_.count("signal web:web 15"), 2U);
  process.on_exited({"web:web", 9, 0, true});
  EXPECT_EQ(process.state(), State::stopped);
}

TEST_F(ProcessTest, GivingUpIsToldButNotWhenAllGoesDown) {
  auto spec = web();
  spec.start_retries = 0;
  Process& process = add(spec);
  process.start();
  process.on_spawn_failed({"web:web", "fork", "", EAGAIN});
  EXPECT_EQ(lines_.back(), "gave up: web entered FATAL state, too many start retries too quickly");

  spec.start_retries = 3;
  spec.group = spec.name = "other";
  Process& other = add(spec);
  other.start();
  other.on_spawn_failed({"other:other", "fork", "", EAGAIN});
  lines_.clear();
  other.shut_down();
  EXPECT_EQ(other.state(), State::fatal);
  EXPECT_TRUE(lines_.empty()) << lines_.back();
}

TEST_F(ProcessTest, OutputThatNobodySeesNeedsNoPipe) {
  Process& process = add(web());  // both logs are NONE
  process.start();
  for (const auto& [key, bytes] : keeper_.records) EXPECT_FALSE(key.starts_with("stream:")) << key;
}

struct LookRow {
  const char* name;
  void (*set)(config::ProcessSpec& spec, Surroundings& surroundings);
};
class LooksAtOutput : public ProcessTest, public testing::WithParamInterface<LookRow> {};

TEST_P(LooksAtOutput, ByAPipe) {
  auto spec = web();
  GetParam().set(spec, surroundings_);
  Process& process = add(spec);
  process.start();
  std::string keys;
  for (const auto& [key, bytes] : keeper_.records) keys += key + " ";
  EXPECT_NE(keys.find("stream:"), std::string::npos) << keys;
}
INSTANTIATE_TEST_SUITE_P(
    Process, LooksAtOutput,
    testing::Values(
        LookRow{"Events", [](auto& spec, auto&) { spec.stdout_log.events_enabled = true; }},
        LookRow{"Capture", [](auto& spec, auto&) { spec.stderr_log.capture_max_bytes = 1; }},
        LookRow{"Syslog", [](auto& spec, auto&) { spec.stdout_log.syslog = true; }},
        LookRow{"Debug", [](auto&, auto& around) { around.output_is_logged = true; }}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST_F(ProcessTest, ExitThatEndsAllIsNotFollowedByAStart) {
  surroundings_.exit_on = {config::ExitOn::Kind::exit, "web"};
  auto spec = web();
  spec.autorestart = config::AutoRestart::always;
  Process& process = add(spec);
  process.start();
  process.on_spawned({"web:web", 7});
  std::optional<int> status;
  on_change_ = [&](const StateChange& change) { status = change.wait_status; };
  process.on_exited({"web:web", 7, SIGKILL, true});
  EXPECT_EQ(process.state(), State::exited);
  EXPECT_FALSE(process.waits_for_restart());
  EXPECT_EQ(status, SIGKILL);
}

TEST_F(ProcessTest, SignalsItsGroupWhenToldTo) {
  auto spec = web();
  spec.stop_as_group = spec.kill_as_group = true;
  spec.stop_signal = SIGINT;
  Process& process = add(spec);
  process.start();
  process.on_spawned({"web:web", 7});
  process.stop();
  EXPECT_TRUE(keeper_.was_told("signal web:web 2 group"));
}

TEST_F(ProcessTest, RetiringDropsAllItsRecords) {
  Process& process = running();
  process.stop();
  process.on_exited({"web:web", 7, SIGTERM, true});
  process.retire();
  EXPECT_TRUE(keeper_.records.empty()) << keeper_.records.begin()->first;
}

// What a successor finds of a process, and what it makes of it.
struct Row {
  const char* name;
  State state;
  bool expects_child;  // the record says that there is one
  pid_t pid;           // that the record knows
  bool listed;
  pid_t listed_pid;
  bool has_exited;
  State becomes;
  int spawns;
  int forgets;
};
class TakesOver : public ProcessTest, public testing::WithParamInterface<Row> {};

TEST_P(TakesOver, WhereTheLastDaemonLeftOff) {
  const Row& row = GetParam();
  auto spec = web();
  spec.start_secs = 3600s;
  spec.autorestart = config::AutoRestart::never;
  Process& process = add(spec);
  Inheritance inheritance;
  Record record;
  record.memory.state = row.state;
  record.memory.has_child = row.expects_child;
  record.memory.started_at = Clock::now() - 10s;
  record.pid = row.pid;
  record.previous_pid = 6;
  record.runs = 2;
  inheritance.record = record;
  inheritance.has_child = row.listed;
  inheritance.pid = row.listed_pid;
  if (row.has_exited) inheritance.exit = spawner::Exited{"web:web", row.listed_pid, 0, true};
  process.take_over(std::move(inheritance));
  EXPECT_EQ(process.state(), row.becomes);
  EXPECT_EQ(keeper_.count("spawn web:web"), static_cast<std::size_t>(row.spawns));
  EXPECT_EQ(keeper_.count("forget web:web"), static_cast<std::size_t>(row.forgets));
}

using S = State;
INSTANTIATE_TEST_SUITE_P(
    Process, TakesOver,
    testing::Values(
        Row{"RunningOn", S::running, true, 7, true, 7, false, S::running, 0, 0},
        Row{"ExitedMeanwhile", S::running, true, 7, true, 7, true, S::exited, 0, 1},
        Row{"SpawnOrderNeverArrived", S::starting, true, 0, false, 0, false, S::starting, 1, 0},
        Row{"SpawnOrderArrived", S::starting, true, 0, true, 7, false, S::starting, 0, 0},
        Row{"SpawnedAndExitedMeanwhile", S::starting, true, 0, true, 7, true, S::backoff, 0, 1},
        Row{"ExitOfTheRunBeforeStillListed", S::starting, true, 0, true, 6, true, S::starting, 1,
            1},
        Row{"StopNeverNeeded", S::stopping, true, 0, false, 0, false, S::stopped, 0, 0},
        Row{"StoppedMeanwhile", S::stopping, true, 7, true, 7, true, S::stopped, 0, 1},
        Row{"StoppedAndStillListed", S::stopped, false, 0, true, 6, true, S::stopped, 0, 1},
        Row{"StoppedByHand", S::stopped, false, 0, false, 0, false, S::stopped, 0, 0},
        Row{"ChildVanished", S::running, true, 7, false, 0, false, S::exited, 0, 1},
        Row{"GaveUp", S::fatal, false, 0, false, 0, false, S::fatal, 0, 0}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST_F(ProcessTest, AdoptedChildWithoutARecordIsRunning) {
  Process& process = add(web());
  Inheritance inheritance;
  inheritance.has_child = true;
  inheritance.pid = 7;
  process.take_over(std::move(inheritance));
  EXPECT_EQ(process.state(), State::running);
  EXPECT_EQ(process.status().pid, 7);
}

TEST_F(ProcessTest, KeepsHowItsLastRunsEnded) {
  auto spec = web();
  spec.start_secs = 0s;
  spec.autorestart = config::AutoRestart::never;
  Process& process = add(spec);
  for (pid_t pid = 1; pid <= 12; ++pid) {
    process.start();
    process.on_spawned({"web:web", pid});
    process.on_exited({"web:web", pid, pid << 8, true});
  }
  const auto& ends = process.run_ends().all();
  ASSERT_EQ(ends.size(), RunEnds::most);
  EXPECT_EQ(ends.front().pid, 3);
  EXPECT_EQ(ends.back().pid, 12);
  EXPECT_EQ(ends.back().reason, "exit status 12");
  EXPECT_TRUE(ends.back().ran.has_value());
}

TEST_F(ProcessTest, KeepsWhyItCouldNotBeStarted) {
  auto spec = web();
  spec.command = "missing";
  Process& process = add(spec);
  process.start();
  const auto& ends = process.run_ends().all();
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends.back().reason, "can't find command 'missing'");
  EXPECT_FALSE(ends.back().ran.has_value());
  process.stop();
}

}  // namespace
}  // namespace supervisord::process
