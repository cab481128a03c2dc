// Who is told how it goes: Prometheus, statsd.
#include "asgi-worker/arbiter/site.hpp"
#include "asgi-worker/options/values.hpp"

namespace asgi_worker::arbiter {

using common::Result;
using python::Level;

Standing Site::standing() const {
  Standing now{.serving = workers_count_.first, .wanted = workers_count_.second};
  if (counters_) now.totals = counters_->totals();
  if (options_.backlog_metric) now.backlog = sockets_.backlog();
  now.started_at_unix = started_at_unix_;
  return now;
}

Result<void> Site::serve_metrics() {
  bool is_wanted = false;
  const bool is_word = options::take(is_wanted, options_.metrics).empty();
  if (is_word && !is_wanted) return {};
  const bool is_ipv6 = options_.metrics_address.find(':') != std::string::npos;
  const auto host = is_ipv6 ? "[" + options_.metrics_address + "]" : options_.metrics_address;
  auto begun = MetricsServer::listen(
      is_word ? host + ":" + std::to_string(options_.metrics_port) : options_.metrics,
      {.metrics = [this] { return prometheus_text(standing()); },
       .is_ready = [this] { return workers_count_.first > 0 && !is_stopping_; }});
  if (!begun) return begun.error();
  metrics_.emplace(std::move(*begun));
  if (!counters_) counters_.emplace(worker::Cells::count);
  arbiter_->watch(metrics_->fd(), [this] {
    const int client = metrics_->accept();
    if (client < 0) return;
    arbiter_->watch(client, [this, client] {
      arbiter_->unwatch(client);
      metrics_->answer(client);
    });
  });
  log_.line(Level::info, "Metrics are served on " + metrics_->address());
  return {};
}

Result<void> Site::send_statsd() {
  if (options_.statsd_host.empty()) return {};
  auto opened = StatsdSender::open(options_.statsd_host);
  if (!opened) return opened.error();
  statsd_.emplace(std::move(*opened));
  if (!counters_) counters_.emplace(worker::Cells::count);
  arbiter_->tick_every(std::chrono::seconds{1}, [this, before = Standing{}]() mutable {
    const auto now = standing();
    statsd_->send(statsd_lines(before, now, {options_.statsd_prefix, options_.statsd_tags}));
    before = now;
  });
  return {};
}

}  // namespace asgi_worker::arbiter
