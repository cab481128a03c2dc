#include "asgi-worker/arbiter/metrics.hpp"

#include <gtest/gtest.h>

namespace asgi_worker::arbiter {
namespace {

using namespace std::chrono_literals;

Standing standing(std::initializer_list<int> statuses, int serving = 2) {
  worker::AllCounters counters{4};
  std::size_t slot = 0;
  for (const int status : statuses) counters.at(slot++ % 4)->count(status, 10, 20ms);
  return {.totals = counters.totals(), .serving = serving, .wanted = 2, .started_at_unix = 1.5};
}

bool has(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Counters, AreSummedOverAllWorkers) {
  const auto totals = standing({200, 200, 404}).totals;
  EXPECT_EQ(totals.answers(), 3U);
  EXPECT_EQ(totals.by_status[100], 2U);
  EXPECT_EQ(totals.bytes, 30U);
  EXPECT_EQ(totals.microseconds, 60'000U);
}

TEST(Counters, LeaveOutWhatIsNoStatus) { EXPECT_EQ(standing({0, 999}).totals.answers(), 0U); }

TEST(PrometheusText, HasSamplesOfEachFamily) {
  const auto text = prometheus_text(standing({200, 200, 404}));
  EXPECT_TRUE(has(text, "# TYPE asgi_worker_requests_total counter"));
  EXPECT_TRUE(has(text, "asgi_worker_requests_total{status=\"200\"} 2")) << text;
  EXPECT_TRUE(has(text, "asgi_worker_requests_total{status=\"404\"} 1"));
  EXPECT_TRUE(has(text, "asgi_worker_request_duration_seconds_bucket{le=\"0.01\"} 0"));
  EXPECT_TRUE(has(text, "asgi_worker_request_duration_seconds_bucket{le=\"0.025\"} 3"));
  EXPECT_TRUE(has(text, "asgi_worker_request_duration_seconds_bucket{le=\"+Inf\"} 3"));
  EXPECT_TRUE(has(text, "asgi_worker_request_duration_seconds_sum 0.06"));
  EXPECT_TRUE(has(text, "asgi_worker_workers 2"));
}

TEST(StatsdLines, SayWhatHasHappenedSince) {
  EXPECT_EQ(
      statsd_lines(standing({200}, 1), standing({200, 200, 500}, 2), {"app", "env:x"}),
      "app.gunicorn.requests:2|c|#env:x\napp.gunicorn.request.status.200:1|c|#env:x\n"
      "app.gunicorn.request.status.500:1|c|#env:x\napp.gunicorn.request.duration:20|ms|#env:x\n"
      "app.gunicorn.workers:2|g|#env:x");
  EXPECT_EQ(statsd_lines(standing({200}), standing({200}), {}), "");
}

}  // namespace
}  // namespace asgi_worker::arbiter
