// Counts of all workers as text: Prometheus' exposition format 0.0.4, and statsd's datagrams in
// gunicorn's names. Pure. Written by hand and not by prometheus-cpp, so that the extension needs no
// library beside the interpreter that loads it.
#pragma once

#include <optional>
#include <string>

#include "asgi-worker/worker/counters.hpp"

namespace asgi_worker::arbiter {

struct Standing {
  worker::Totals totals;
  int serving = 0;
  int wanted = 0;
  std::optional<unsigned> backlog;  // who waits to be accepted, where somebody wants to know
  double started_at_unix = 0;
};

std::string prometheus_text(const Standing& now);

struct StatsdNames {
  std::string prefix;  // "" or "my.app"
  std::string tags;    // dogstatsd's: "a:b,c:d"
};

/// One datagram about what has happened since `before`; "" when there is nothing to say.
std::string statsd_lines(const Standing& before, const Standing& now, const StatsdNames& names);

}  // namespace asgi_worker::arbiter
