#include "supervisord/web/metrics.hpp"

#include <gtest/gtest.h>

#include "tests/unit/web/rows_fixture.hpp"

namespace supervisord::web {
namespace {

using process::State;

std::string text_of_two() {
  auto down = row_of("web", "web_1", State::exited);
  down.exit_status = 137;
  down.restarts = 4;
  control::DaemonInfo daemon;
  daemon.version = "9.8.7";
  daemon.identifier = "a \"quoted\"\nname";
  daemon.daemon_starts = 3;
  return metrics_text(daemon, {row_of("web", "web_0", State::running), down},
                      {{"web", "web_0", "stdout", 4096}});
}

class MetricsLine : public testing::TestWithParam<const char*> {};
TEST_P(MetricsLine, IsThere) { EXPECT_TRUE(contains(text_of_two(), GetParam())) << text_of_two(); }
INSTANTIATE_TEST_SUITE_P(
    Metrics, MetricsLine,
    testing::Values(
        // The names of exporters that are in use.
        "supervisor_process_info{name=\"web_0\",group=\"web\",state=\"RUNNING\",exit_status=\"0\"} "
        "1\n",
        "supervisor_process_info{name=\"web_1\",group=\"web\",state=\"EXITED\",exit_status=\"137\"}"
        " 0\n",
        "supervisor_process_uptime{name=\"web_0\",group=\"web\"} 7\n", "supervisord_up 1\n",
        "node_supervisord_up{name=\"web_0\",group=\"web\"} 1\n",
        "node_supervisord_up{name=\"web_1\",group=\"web\"} 0\n",
        "node_supervisord_state{name=\"web_1\",group=\"web\"} 100\n",
        "node_supervisord_exit_status{name=\"web_1\",group=\"web\"} 137\n",
        "node_supervisord_start_time_seconds{name=\"web_0\",group=\"web\"} 1700000000\n",
        // Ours.
        "supervisor_process_up{name=\"web_0\",group=\"web\"} 1\n",
        "supervisor_process_restarts_total{name=\"web_1\",group=\"web\"} 4\n",
        "supervisor_process_pid{name=\"web_0\",group=\"web\"} 4711\n",
        "supervisor_processes{state=\"RUNNING\"} 1\n", "supervisor_processes{state=\"FATAL\"} 0\n",
        "supervisor_daemon_starts_total 3\n",
        "supervisor_process_log_bytes{name=\"web_0\",group=\"web\",channel=\"stdout\"} 4096\n",
        "identifier=\"a \\\"quoted\\\"\\nname\"",
        "# TYPE supervisor_process_restarts_total counter\n"));

TEST(Metrics, HaveNoSampleOfWhatIsNotKnown) {
  const auto text = text_of_two();
  EXPECT_FALSE(contains(text, "supervisor_process_uptime{name=\"web_1\""));
  EXPECT_FALSE(contains(text, "supervisor_process_pid{name=\"web_1\""));
  EXPECT_FALSE(contains(text, "supervisor_process_exit_status{name=\"web_0\""));
}

}  // namespace
}  // namespace supervisord::web
