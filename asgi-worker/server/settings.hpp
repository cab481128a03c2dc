// What a worker tells its server, once, before it serves; and what the server tells the worker.
#pragma once

#include <chrono>
#include <cstddef>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "asgi-worker/http/limits.hpp"
#include "asgi-worker/server/access_log.hpp"
#include "asgi-worker/server/concurrency.hpp"
#include "asgi-worker/server/own_answers.hpp"
#include "asgi-worker/server/proxy.hpp"
#include "asgi-worker/server/proxy_protocol.hpp"
#include "asgi-worker/server/share.hpp"

namespace asgi_worker::server {

using Clock = std::chrono::steady_clock;

struct Settings {
  http::Limits limits;
  http::Timeouts timeouts;
  std::string server_field = "asgi-worker";  // empty: none
  bool date_field = true;
  /// Sent with each answer, names lower-cased and checked; `server` here replaces server_field.
  std::vector<std::pair<std::string, std::string>> extra_fields;
  AccessFormat access_format;  // without pieces: no log
  AccessFilter access_filter;
  TrustedPeers forwarded_allowed;    // whose word about the client counts
  ForwardedFields forwarded_fields;  // and in which fields
  ProxyProtocol proxy_protocol = ProxyProtocol::off;
  TrustedPeers proxy_allowed;       // who may speak it
  std::size_t max_connections = 0;  // accepting rests above it; 0: no limit
  OwnSettings own;                  // what is answered without the application
  ConcurrencyLimit concurrency;     // with a limit, HttpCore::call_ended() is to be called
};

/// What the server tells its worker. Each may be left empty.
struct Hooks {
  /// Whole access-log lines, at most once a turn; the view dies with the call.
  std::function<void(std::string_view lines)> access;
  /// An answer's last byte has been given to the connection.
  std::function<void(int status, std::uint64_t body_bytes, std::chrono::nanoseconds took)> answered;
  /// A warning of one line: "Invalid HTTP request received.".
  std::function<void(std::string_view line)> report;
  /// The application wrote outside of poll(): call flush() (call_soon) before the loop sleeps.
  /// Called once until that happens. Without it the server makes its own descriptor readable.
  std::function<void()> wake;
  /// What the ready path answers, until drain(). Empty: yes.
  std::function<bool()> is_ready = {};
  /// The last connection has closed, or drain() found none. Called at the end of a turn.
  std::function<void()> empty;
  /// How the connections are spread; null: take what comes.
  Share* share = nullptr;
};

/// Time, so that tests can set it. Read once a turn.
struct Clocks {
  std::function<Clock::time_point()> steady;
  std::function<std::time_t()> wall;
  /// For durations in the access log; `steady` when it is empty.
  std::function<Clock::time_point()> precise = {};
};

/// The kernel's coarse clocks: some nanoseconds a call, right to a few milliseconds.
Clocks coarse_clocks();

}  // namespace asgi_worker::server
