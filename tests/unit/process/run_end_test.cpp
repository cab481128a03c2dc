#include "supervisord/process/run_end.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace supervisord::process {
namespace {

using namespace std::chrono_literals;

struct EndRow {
  const char* name;
  State from;
  State to;
  bool expected;
  std::optional<int> wait_status;
  StateChange::Run run;
  RunEnd end;  // without its time and pid
};
class RunEndOf : public testing::TestWithParam<EndRow> {};

TEST_P(RunEndOf, SaysHowAndWhy) {
  const EndRow& row = GetParam();
  const StateChange change{.from = row.from,
                           .to = row.to,
                           .pid = 7,
                           .expected = row.expected,
                           .wait_status = row.wait_status,
                           .run = row.run};
  RunEnd wanted = row.end;
  wanted.pid = row.run.ran ? 7 : 0;
  EXPECT_EQ(run_end_of(change, {}), wanted);
}

INSTANTIATE_TEST_SUITE_P(
    RunEnd, RunEndOf,
    testing::Values(
        EndRow{"Expected",
               State::running,
               State::exited,
               true,
               0,
               {.ran = 5s, .why = ""},
               {.wait_status = 0, .ran = 5s, .expected = true, .reason = "exit status 0"}},
        EndRow{"BySignal",
               State::running,
               State::exited,
               false,
               SIGKILL,
               {.ran = 5s, .why = ""},
               {.wait_status = SIGKILL, .ran = 5s, .reason = "terminated by SIGKILL"}},
        EndRow{"Stopped",
               State::stopping,
               State::stopped,
               false,
               SIGTERM,
               {.ran = 5s, .why = ""},
               {.wait_status = SIGTERM,
                .ran = 5s,
                .stopped = true,
                .reason = "terminated by SIGTERM"}},
        EndRow{"TooQuick",
               State::starting,
               State::backoff,
               true,
               256,
               {.ran = 1ms, .why = "why"},
               {.wait_status = 256, .ran = 1ms, .reason = "exit status 1: why"}},
        EndRow{"NotKnown",
               State::running,
               State::exited,
               false,
               std::nullopt,
               {.ran = 5s, .why = ""},
               {.ran = 5s, .reason = "exit status unknown"}},
        EndRow{"NoProcess",
               State::starting,
               State::backoff,
               true,
               std::nullopt,
               {.ran = std::nullopt, .why = "no such file"},
               {.reason = "no such file"}}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(RunEnd, IsNoneWhereNothingEnds) {
  EXPECT_FALSE(run_end_of({.from = State::starting, .to = State::running}, {}));
  EXPECT_FALSE(run_end_of({.from = State::backoff, .to = State::fatal}, {}));
  EXPECT_FALSE(run_end_of({.from = State::backoff, .to = State::stopped}, {}));
}

}  // namespace
}  // namespace supervisord::process
