#include "supervisord/web/health.hpp"

#include <gtest/gtest.h>

#include "tests/unit/web/rows_fixture.hpp"

namespace supervisord::web {
namespace {

using process::State;

TEST(Healthz, IsOk) { EXPECT_EQ(healthz().status, 200u); }

struct ReadyRow {
  const char* name;
  State state;
  int exit_status = 0;
  bool autostart = true;
  config::AutoRestart autorestart = config::AutoRestart::unexpected;
  unsigned status = 200;
};
class ReadyWith : public testing::TestWithParam<ReadyRow> {};

TEST_P(ReadyWith, OneProcess) {
  auto row = row_of("web", "web_0", GetParam().state);
  row.exit_status = GetParam().exit_status;
  config::ProcessSpec spec;
  spec.group = "web";
  spec.name = "web_0";
  spec.autostart = GetParam().autostart;
  spec.autorestart = GetParam().autorestart;
  const auto answer = readyz({}, {row}, {{&spec, 999, true}});
  EXPECT_EQ(answer.status, GetParam().status);
  EXPECT_EQ(contains(answer.body, "web:web_0 "), GetParam().status == 503);
}
INSTANTIATE_TEST_SUITE_P(
    Readyz, ReadyWith,
    testing::Values(
        ReadyRow{"Running", State::running},
        ReadyRow{.name = "Starting", .state = State::starting, .status = 503},
        ReadyRow{.name = "Fatal", .state = State::fatal, .status = 503},
        ReadyRow{.name = "Stopped", .state = State::stopped, .status = 503},
        ReadyRow{.name = "DownButNotAutostarted", .state = State::stopped, .autostart = false},
        ReadyRow{.name = "DoneItsWork", .state = State::exited},
        ReadyRow{
            .name = "ExitedUnexpectedly", .state = State::exited, .exit_status = 3, .status = 503},
        ReadyRow{.name = "WillBeStartedAgain",
                 .state = State::exited,
                 .autorestart = config::AutoRestart::always,
                 .status = 503}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Readyz, IsNotWhileTheDaemonEnds) {
  control::DaemonInfo daemon;
  daemon.state = control::DaemonState::shutting_down;
  EXPECT_EQ(readyz(daemon, {}, {}).status, 503u);
}

}  // namespace
}  // namespace supervisord::web
