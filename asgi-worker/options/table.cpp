#include "asgi-worker/options/table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <numeric>
#include <utility>

namespace asgi_worker::options {
namespace {

std::string take(std::string& field, const std::string& value) {
  field = value;
  return {};
}

template <class Number>
std::string take_number(Number& field, const std::string& value) {
  Number number = 0;
  const char* const last = value.data() + value.size();
  const auto [end, error] = std::from_chars(value.data(), last, number);
  if (error != std::errc{} || end != last) return "is not a whole number";
  if (number < 0) return "is negative";
  field = number;
  return {};
}

std::string take(int& field, const std::string& value) { return take_number(field, value); }
std::string take(std::int64_t& field, const std::string& value) {
  return take_number(field, value);
}

std::string take(bool& field, const std::string& value) {
  std::string lower = value;
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  for (const char* const yes : {"1", "true", "t", "yes", "y", "on"})
    if (lower == yes) return field = true, "";
  for (const char* const no : {"0", "false", "f", "no", "n", "off", ""})
    if (lower == no) return field = false, "";
  return "is neither true nor false";
}

std::string take(Seconds& field, const std::string& value) {
  double seconds = 0;
  const char* const last = value.data() + value.size();
  const auto [end, error] = std::from_chars(value.data(), last, seconds);
  if (error != std::errc{} || end != last || !(seconds < 1e9)) return "is not a number of seconds";
  if (seconds < 0) return "is negative";
  field = Seconds{seconds};
  return {};
}

std::string take(std::vector<std::string>& field, const std::string& value) {
  field.push_back(value);
  return {};
}

template <class T>
std::string take(std::optional<T>& field, const std::string& value) {
  T inner{};
  std::string problem = take(inner, value);
  if (problem.empty()) field = std::move(inner);
  return problem;
}

std::string text(const std::string& field) { return field; }
std::string text(int field) { return std::to_string(field); }
std::string text(std::int64_t field) { return std::to_string(field); }
std::string text(bool field) { return field ? "true" : "false"; }
std::string text(Seconds field) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), field.count()).ptr;
  return {buffer.data(), end};
}
std::string text(const std::vector<std::string>& field) {
  std::string lines;
  for (const auto& value : field) lines.append(lines.empty() ? "" : "\n").append(value);
  return lines;
}
template <class T>
std::string text(const std::optional<T>& field) {
  return field ? text(*field) : "";
}

template <auto Member>
constexpr Row row(Row known) {
  known.set = [](Options& options, const std::string& value) {
    return take(options.*Member, value);
  };
  known.get = [](const Options& options) { return text(options.*Member); };
  return known;
}

constexpr Row workers_row(Row known) {
  known.set = [](Options& options, const std::string& value) -> std::string {
    if (value == "auto") return options.workers = 0, "";
    int count = 0;
    if (!take(count, value).empty()) return "is neither a whole number nor auto";
    if (count < 1) return "must be at least 1";
    options.workers = count;
    return {};
  };
  known.get = [](const Options& options) -> std::string {
    return options.workers == 0 ? "auto" : std::to_string(options.workers);
  };
  return known;
}

constexpr auto app = Topic::application;
constexpr auto sock = Topic::sockets;
constexpr auto proc = Topic::processes;
constexpr auto time = Topic::timeouts;
constexpr auto lim = Topic::limits;
constexpr auto prox = Topic::proxies;
constexpr auto ans = Topic::answers;
constexpr auto log = Topic::log;
constexpr auto etc = Topic::other;
constexpr auto toggle = Kind::toggle;
constexpr auto list = Kind::list;

// clang-format off
constexpr Row all_rows[] = {
    row<&Options::app_dir>({"app_dir", "--app-dir --chdir --working-dir", "DIR", app, "look for the application here (default: the current directory)"}),
    row<&Options::factory>({"factory", "--factory", "", app, "the application is what the named function returns", toggle}),
    row<&Options::interface>({"interface", "--interface", "KIND", app, "the application's protocol", Kind::value, Force::full, "auto asgi asgi3 asgi2 wsgi asginl"}),
    row<&Options::lifespan>({"lifespan", "--lifespan --asgi-lifespan", "MODE", app, "startup and shutdown events", Kind::value, Force::full, "auto on off uvicorn-auto"}),
    row<&Options::asgi_spec_version>({"asgi_spec_version", "--asgi-spec-version", "VERSION", app, "what scopes announce; below 2.4, send() to a client that has left is silent", Kind::value, Force::full, "2.0 2.1 2.2 2.3 2.4 2.5"}),
    row<&Options::reset_contextvars>({"reset_contextvars", "--reset-contextvars", "", app, "each request starts with an empty context", toggle}),
    row<&Options::threads>({"threads", "--threads --blocking-threads", "N", app, "WSGI requests that run at a time in a worker (default: 10)"}),
    row<&Options::root_path>({"root_path", "--root-path --url-path-prefix", "PATH", app, "the path under which a proxy serves the application"}),
    row<&Options::python>({"python", "--python", "PATH", app, "interpreter or virtual environment to run in"}),
    row<&Options::raw_env>({"raw_env", "-e --env", "K=V", app, "set an environment variable for the application", list}),

    row<&Options::bind>({"bind", "-b --bind", "ADDRESS", sock, "HOST:PORT, [V6]:PORT, :PORT, unix:PATH or fd://N; may be repeated", list}),
    row<&Options::host>({"host", "--host", "HOST", sock, "address to listen on (default: 127.0.0.1)"}),
    row<&Options::port>({"port", "--port", "PORT", sock, "port to listen on, 0 for any free one (default: 8000)"}),
    row<&Options::uds>({"uds", "--uds", "PATH", sock, "listen on a Unix socket"}),
    row<&Options::fd>({"fd", "--fd", "N", sock, "listen on a socket that is open already"}),
    row<&Options::uds_permissions>({"uds_permissions", "--uds-permissions --uds-mode", "OCTAL", sock, "mode of a Unix socket (default: 0666)"}),
    row<&Options::uds_owner>({"uds_owner", "--uds-owner", "USER:GROUP", sock, "owner of a Unix socket (default: --user and --group)"}),
    row<&Options::backlog>({"backlog", "--backlog", "N", sock, "connections that may wait to be accepted"}),
    row<&Options::ipv6_only>({"ipv6_only", "--ipv6only --ipv6-only", "", sock, "an IPv6 socket takes no IPv4 connections", toggle}),
    row<&Options::reuse_port>({"reuse_port", "--reuse-port --socket-load-balance", "", sock, "a listening socket for each worker (SO_REUSEPORT): evenly spread, but a worker that dies takes along what waited for it", toggle}),

    workers_row({"workers", "-w --workers", "N", proc, "worker processes; auto: one for each CPU that affinity and cgroup leave us"}),
    row<&Options::worker_class>({"worker_class", "-k --worker-class", "NAME", proc, "accepted; all names of ASGI workers mean this one"}),
    row<&Options::preload>({"preload_app", "--preload --preload-app", "", proc, "import the application once, in a process that workers are forked from", toggle}),
    row<&Options::max_requests>({"max_requests", "--max-requests --limit-max-requests", "N", proc, "replace a worker after so many requests, 0: never"}),
    row<&Options::max_requests_jitter>({"max_requests_jitter", "--max-requests-jitter --limit-max-requests-jitter", "N", proc, "and up to so many more, by chance"}),
    row<&Options::worker_lifetime>({"worker_lifetime", "--worker-lifetime --workers-lifetime", "S", proc, "replace a worker of that age, 0: never"}),
    row<&Options::worker_lifetime_jitter>({"worker_lifetime_jitter", "--worker-lifetime-jitter", "S", proc, "and up to so much later, by chance"}),
    row<&Options::worker_max_rss_mib>({"worker_max_rss", "--worker-max-rss --workers-max-rss --max-worker-memory", "MIB", proc, "replace a worker that has grown so large, 0: never"}),
    row<&Options::rss_sample_interval>({"rss_sample_interval", "--rss-sample-interval", "S", proc, "how often its size is looked at"}),
    row<&Options::rss_samples>({"rss_samples", "--rss-samples", "N", proc, "and so many times in a row too large"}),
    row<&Options::process_name>({"proc_name", "-n --name --process-name", "NAME", proc, "what ps shows: asgi-worker: master [NAME], worker [NAME]"}),
    row<&Options::pid_file>({"pidfile", "-p --pid --pidfile --pid-file", "FILE", proc, "where the parent writes its process id"}),
    row<&Options::user>({"user", "-u --user", "USER", proc, "workers run as this user; the parent stays as it is"}),
    row<&Options::group>({"group", "-g --group", "GROUP", proc, "and as this group"}),
    row<&Options::init_groups>({"initgroups", "--initgroups", "", proc, "and with the user's other groups", toggle}),
    row<&Options::umask>({"umask", "-m --umask", "OCTAL", proc, "mode bits that files are made without"}),
    row<&Options::daemon>({"daemon", "-D --daemon", "", proc, "go to the background", toggle}),
    row<&Options::keep_stdio>({"enable_stdio_inheritance", "-R --enable-stdio-inheritance", "", proc, "and keep stdin, stdout and stderr there", toggle}),
    row<&Options::loop>({"loop", "--loop --asgi-loop", "NAME", proc, "the event loop", Kind::value, Force::full, "auto asyncio uvloop asgi-worker none"}),
    row<&Options::task>({"task", "--task", "KIND", proc, "what requests run in: fast, compat (asyncio.Task itself)", Kind::value, Force::full, "auto fast compat"}),

    row<&Options::keep_alive>({"keepalive", "--keep-alive --timeout-keep-alive --keepalive", "S", time, "close a connection that was idle so long"}),
    row<&Options::graceful_timeout>({"graceful_timeout", "--graceful-timeout --timeout-graceful-shutdown", "S", time, "let running requests finish for so long when stopping"}),
    row<&Options::lifespan_shutdown>({"timeout_lifespan_shutdown", "--timeout-lifespan-shutdown", "S", time, "and the application's shutdown after them"}),
    row<&Options::header_timeout>({"timeout_header", "--timeout-header", "S", time, "a request's head must be whole after so long, 0: no limit"}),
    row<&Options::body_timeout>({"timeout_body", "--timeout-body --read-timeout", "S", time, "close a connection whose request body stands still so long, 0: no limit"}),
    row<&Options::write_timeout>({"timeout_write", "--timeout-write", "S", time, "close a connection that takes nothing of its answer so long, 0: no limit"}),
    row<&Options::timeout>({"timeout", "-t --timeout --timeout-worker-healthcheck", "S", time, "replace a worker whose loop stands still so long, 0: never"}),
    row<&Options::abort_timeout>({"timeout_abort", "--timeout-abort", "S", time, "kill it so long after SIGABRT, which has it print its stacks"}),
    row<&Options::startup_timeout>({"timeout_startup", "--timeout-startup", "S", time, "replace a worker that does not serve so long after its start, 0: never"}),
    row<&Options::kill_timeout>({"timeout_kill", "--timeout-kill --workers-kill-timeout", "S", time, "kill a worker that has not ended so long after it was told (default: graceful timeout + 10)"}),
    row<&Options::shutdown_delay>({"shutdown_delay", "--shutdown-delay", "S", time, "serve on so long after TERM, no longer ready, so that load balancers notice"}),

    row<&Options::limit_connections>({"worker_connections", "--limit-connections --worker-connections", "N", lim, "most open connections a worker, 0: no limit"}),
    row<&Options::limit_request_line>({"limit_request_line", "--limit-request-line", "BYTES", lim, "longest request line, 0: no limit"}),
    row<&Options::limit_request_fields>({"limit_request_fields", "--limit-request-fields", "N", lim, "most header fields"}),
    row<&Options::limit_request_field_size>({"limit_request_field_size", "--limit-request-field_size --limit-request-field-size", "BYTES", lim, "longest header field"}),
    row<&Options::limit_request_body>({"limit_request_body", "--limit-request-body", "BYTES", lim, "longest request body, 0: no limit"}),
    row<&Options::h11_max_incomplete_event_size>({"h11_max_incomplete_event_size", "--h11-max-incomplete-event-size", "BYTES", lim, "longest request line, and longest header section, 0: as the limits above say"}),
    row<&Options::header_map>({"header_map", "--header-map", "WHAT", lim, "what becomes of header names with an underscore", Kind::value, Force::full, "drop refuse dangerous"}),
    row<&Options::permit_obsolete_folding>({"permit_obsolete_folding", "--permit-obsolete-folding", "", lim, "take header fields that are folded over several lines", toggle}),
    row<&Options::permit_unconventional_http_method>({"permit_unconventional_http_method", "--permit-unconventional-http-method", "", lim, "take methods in lower case, which ASGI makes upper-case", toggle}),
    row<&Options::permit_unconventional_http_version>({"permit_unconventional_http_version", "--permit-unconventional-http-version", "", lim, "take HTTP/1.2 to 1.9, as 1.1", toggle}),
    row<&Options::casefold_http_method>({"casefold_http_method", "--casefold-http-method", "", lim, "the same", toggle}),
    row<&Options::strip_header_spaces>({"strip_header_spaces", "--strip-header-spaces", "", lim, "strip blanks before the colon of a header field", toggle}),

    row<&Options::proxy_headers>({"proxy_headers", "--proxy-headers --no-proxy-headers", "", prox, "believe trusted proxies about the client's address and scheme", toggle}),
    row<&Options::forwarded_allow_ips>({"forwarded_allow_ips", "--forwarded-allow-ips", "LIST", prox, "whom to trust: addresses, networks, unix (peers on a Unix socket), * (all)"}),
    row<&Options::forwarded_headers>({"forwarded_headers", "--forwarded-headers", "LIST", prox, "which fields count, also: x-real-ip, forwarded"}),
    row<&Options::proxy_protocol>({"proxy_protocol", "--proxy-protocol", "", prox, "take a PROXY protocol preface (--proxy-protocol=v1 or v2: only that)", toggle, Force::full, "off v1 v2 auto any true false"}),
    row<&Options::proxy_allow_from>({"proxy_allow_ips", "--proxy-allow-from", "LIST", prox, "from whom"}),

    row<&Options::headers>({"headers", "--header", "NAME:VALUE", ans, "add a header field to every answer; may be repeated", list}),
    row<&Options::health_path>({"health_path", "--health-path", "PATH", ans, "answer 200 there without the application"}),
    row<&Options::ready_path>({"ready_path", "--ready-path", "PATH", ans, "the same, but 503 once this worker is about to stop"}),
    row<&Options::server_header>({"server_header", "--server-header --no-server-header", "", ans, "send the server field", toggle}),
    row<&Options::date_header>({"date_header", "--date-header --no-date-header", "", ans, "send the date field", toggle}),

    row<&Options::log_level>({"loglevel", "--log-level", "LEVEL", log, "least level that is logged", Kind::value, Force::full, "critical error warning warn info debug trace notset"}),
    row<&Options::access_log>({"access_log", "--access-log --no-access-log", "", log, "a line for each request", toggle}),
    row<&Options::access_logfile>({"accesslog", "--access-logfile", "FILE", log, "where those lines go, - is stdout"}),
    row<&Options::error_logfile>({"errorlog", "--error-logfile --log-file", "FILE", log, "where all others go, - is stderr"}),
    row<&Options::capture_output>({"capture_output", "--capture-output", "", log, "what the application prints goes to the error log too", toggle}),

    row<&Options::config>({"config", "-c --config", "FILE", etc, "a gunicorn.conf.py (default: ./gunicorn.conf.py when there is one)"}),
    row<&Options::print_config>({"print_config", "--print-config", "", etc, "print what is in force, then end", toggle}),
    row<&Options::check_config>({"check_config", "--check-config", "", etc, "check options and application, then end", toggle}),
    row<&Options::version>({"version", "-v --version", "", etc, "print the version, then end", toggle}),
    row<&Options::help>({"help", "-h --help", "", etc, "print this, then end", toggle}),

    // Known, so that a command line or a file that works elsewhere is understood here.
    {"worker_tmp_dir", "--worker-tmp-dir", "DIR", proc, "", Kind::value, Force::none},
    {"pythonpath", "--pythonpath", "DIRS", app, "", Kind::value, Force::later},
    {"env_file", "--env-file", "FILE", app, "", Kind::value, Force::later},
    {"access_log_format", "--access-log-format --access-logformat", "FORMAT", log, "", Kind::value, Force::later},
    {"log_config", "--log-config", "FILE", log, "", Kind::value, Force::later},
    {"logconfig", "", "", log, "", Kind::value, Force::later},
    {"logconfig_dict", "", "", log, "", Kind::value, Force::later},
    {"use_colors", "--use-colors --no-use-colors", "", log, "", toggle, Force::later},
    {"disable_redirect_access_to_syslog", "--disable-redirect-access-to-syslog", "", log, "", toggle, Force::none},
    {"http", "--http", "NAME", etc, "", Kind::value, Force::none},
    {"ws", "--ws", "NAME", etc, "", Kind::value, Force::later},
    {"ws_max_size", "--ws-max-size", "BYTES", lim, "", Kind::value, Force::later},
    {"ws_max_queue", "--ws-max-queue", "N", lim, "", Kind::value, Force::none},
    {"ws_ping_interval", "--ws-ping-interval", "S", time, "", Kind::value, Force::later},
    {"ws_ping_timeout", "--ws-ping-timeout", "S", time, "", Kind::value, Force::later},
    {"ws_per_message_deflate", "--ws-per-message-deflate", "BOOL", etc, "", Kind::value, Force::later},
    {"limit_concurrency", "--limit-concurrency --backpressure", "N", lim, "", Kind::value, Force::later},
    {"statsd_host", "--statsd-host", "ADDRESS", log, "", Kind::value, Force::later},
    {"statsd_prefix", "--statsd-prefix", "PREFIX", log, "", Kind::value, Force::later},
    {"reload", "--reload", "", proc, "", toggle, Force::refused},
    {"reload_dirs", "--reload-dir --reload-dirs", "DIR", proc, "", list, Force::later},
    {"reload_includes", "--reload-include --reload-includes", "GLOB", proc, "", list, Force::later},
    {"reload_excludes", "--reload-exclude --reload-excludes", "GLOB", proc, "", list, Force::later},
    {"reload_delay", "--reload-delay", "S", proc, "", Kind::value, Force::later},
    {"certfile", "--certfile --ssl-certfile", "FILE", etc, "", Kind::value, Force::refused},
    {"keyfile", "--keyfile --ssl-keyfile", "FILE", etc, "", Kind::value, Force::refused},
};
// clang-format on

/// One word of a space-separated list, by turns.
template <class Visit>
void each_word(std::string_view words, Visit visit) {
  while (!words.empty()) {
    const auto space = words.find(' ');
    visit(words.substr(0, space));
    words = space == std::string_view::npos ? std::string_view{} : words.substr(space + 1);
  }
}

bool has_word(std::string_view words, std::string_view wanted) {
  bool found = false;
  each_word(words, [&](std::string_view word) { found = found || word == wanted; });
  return found;
}

/// "--timeout-keep-alive" -> "timeout_keep_alive"; "" for short flags.
std::string key_of_flag(std::string_view flag) {
  if (!flag.starts_with("--")) return {};
  std::string key{flag.substr(2)};
  std::ranges::replace(key, '-', '_');
  return key;
}

/// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> costs(b.size() + 1);
  std::iota(costs.begin(), costs.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(costs[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(costs[j + 1], std::min({replaced, costs[j] + 1, costs[j + 1] + 1}));
    }
  }
  return costs.back();
}

class Nearest {
 public:
  explicit Nearest(std::string_view wanted) : wanted_{wanted}, best_{wanted.size() / 3 + 1} {}
  void consider(std::string_view name) {
    const auto how_far = distance(wanted_, name);
    if (how_far >= best_) return;
    best_ = how_far;
    name_ = name;
  }
  std::string name() const { return name_; }

 private:
  std::string_view wanted_;
  std::size_t best_;  // not nearer than this: no suggestion at all
  std::string name_;
};

std::string flags_in_help(const Row& row) {
  std::string flags;
  each_word(row.flags,
            [&](std::string_view flag) { flags.append(flags.empty() ? "" : ", ").append(flag); });
  if (!row.value.empty()) flags.append(" ").append(row.value);
  return flags;
}

std::string remark_in_help(const Row& row) {
  std::string remark{row.help};
  if (!row.choices.empty()) {
    remark += " (";
    bool first = true;
    each_word(row.choices, [&](std::string_view choice) {
      remark.append(first ? "" : ", ").append(choice);
      first = false;
    });
    remark += ")";
  }
  if (row.kind != Kind::toggle && remark.find("default") == std::string::npos) {
    const auto value = row.get(Options{});
    if (!value.empty()) remark.append(" [").append(value).append("]");
  }
  return remark;
}

}  // namespace

std::string_view title(Topic topic) {
  switch (topic) {
    case Topic::application: return "Application";
    case Topic::sockets: return "Listening";
    case Topic::processes: return "Processes";
    case Topic::timeouts: return "Timeouts, in seconds";
    case Topic::limits: return "Limits";
    case Topic::proxies: return "Proxies in front";
    case Topic::answers: return "Answers";
    case Topic::log: return "Log";
    case Topic::other: return "Other";
  }
  return "";
}

std::span<const Row> rows() { return all_rows; }

const Row* row_of_flag(std::string_view flag) {
  const auto found =
      std::ranges::find_if(all_rows, [&](const Row& row) { return has_word(row.flags, flag); });
  return found == std::end(all_rows) ? nullptr : &*found;
}

const Row* row_of_key(std::string_view key) {
  for (const Row& row : all_rows)
    if (row.key == key) return &row;
  for (const Row& row : all_rows) {
    bool found = false;
    each_word(row.flags, [&](std::string_view flag) {
      found = found || (!flag.starts_with("--no-") && key_of_flag(flag) == key);
    });
    if (found) return &row;
  }
  return nullptr;
}

std::string nearest_flag(std::string_view flag) {
  Nearest nearest{flag};
  for (const Row& row : all_rows)
    each_word(row.flags, [&](std::string_view known) {
      if (known.starts_with("--")) nearest.consider(known);
    });
  return nearest.name();
}

std::string nearest_key(std::string_view key) {
  Nearest nearest{key};
  for (const Row& row : all_rows) {
    nearest.consider(row.key);
    each_word(row.flags, [&](std::string_view flag) { nearest.consider(key_of_flag(flag)); });
  }
  return nearest.name();
}

std::string help_text() {
  std::string out =
      "Usage: asgi-worker [options] MODULE:ATTRIBUTE\n\n"
      "Serves a Python ASGI application over HTTP. Takes uvicorn's and gunicorn's options.\n";
  for (const auto topic : {app, sock, proc, time, lim, prox, ans, log, etc}) {
    out.append("\n").append(title(topic)).append(":\n");
    for (const Row& row : all_rows) {
      if (row.topic != topic || row.help.empty() || row.force == Force::later) continue;
      auto line = "  " + flags_in_help(row);
      line.append(line.size() < 34 ? std::string(34 - line.size(), ' ')
                                   : "\n" + std::string(34, ' '));
      out.append(line).append(remark_in_help(row)).append("\n");
    }
  }
  out.append(
      "\nConfiguration: defaults < gunicorn.conf.py < environment (WEB_CONCURRENCY, PORT, "
      "GUNICORN_CMD_ARGS,\n"
      "UVICORN_*) < command line. Exit status: 0 stopped, 1 failure, 2 usage, 3 the application "
      "cannot start.\n");
  return out;
}

}  // namespace asgi_worker::options
