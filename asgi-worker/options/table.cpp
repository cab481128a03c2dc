#include "asgi-worker/options/table.hpp"

#include "asgi-worker/options/values.hpp"

namespace asgi_worker::options {
namespace {

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
    row<&Options::app>({"wsgi_app", "", "", app, "", Kind::value, Force::full, "", "app"}),
    row<&Options::app_dir>({"app_dir", "--app-dir", "DIR", app, "look for the application here (default: the current directory)"}),
    row<&Options::chdir>({"chdir", "--chdir --working-dir", "DIR", app, "change to this directory first"}),
    row<&Options::pythonpath>({"pythonpath", "--pythonpath", "DIRS", app, "and look here too; separated by commas"}),
    row<&Options::factory>({"factory", "--factory", "", app, "the application is what the named function returns", toggle}),
    row<&Options::interface>({"interface", "--interface", "KIND", app, "the application's protocol", Kind::value, Force::full, "auto asgi asgi3 asgi2 wsgi asginl"}),
    row<&Options::lifespan>({"lifespan", "--lifespan --asgi-lifespan", "MODE", app, "startup and shutdown events", Kind::value, Force::full, "auto on off uvicorn-auto"}),
    row<&Options::asgi_spec_version>({"asgi_spec_version", "--asgi-spec-version", "VERSION", app, "what scopes announce; below 2.4, send() to a client that has left is silent", Kind::value, Force::full, "2.0 2.1 2.2 2.3 2.4 2.5"}),
    row<&Options::reset_contextvars>({"reset_contextvars", "--reset-contextvars", "", app, "each request starts with an empty context", toggle}),
    row<&Options::threads>({"threads", "--threads --blocking-threads", "N", app, "WSGI requests that run at a time in a worker (default: 10)"}),
    row<&Options::root_path>({"root_path", "--root-path --url-path-prefix", "PATH", app, "the path under which a proxy serves the application"}),
    row<&Options::python>({"python", "--python", "PATH", app, "interpreter or virtual environment to run in"}),
    row<&Options::raw_env>({"raw_env", "-e --env", "K=V", app, "set an environment variable for the application", list}),
    row<&Options::env_files>({"env_file", "--env-file --env-files", "FILE", app, "a .env file; it does not override what is set; may be repeated", list}),

    row<&Options::bind>({"bind", "-b --bind", "ADDRESS", sock, "HOST:PORT, [V6]:PORT, :PORT, unix:PATH or fd://N; may be repeated", list}),
    row<&Options::host>({"host", "--host", "HOST", sock, "address to listen on (default: 127.0.0.1)"}),
    row<&Options::port>({"port", "--port", "PORT", sock, "port to listen on, 0 for any free one (default: 8000)"}),
    row<&Options::uds>({"uds", "--uds", "PATH", sock, "listen on a Unix socket"}),
    row<&Options::fd>({"fd", "--fd", "N", sock, "listen on a socket that is open already"}),
    row<&Options::uds_permissions>({"uds_permissions", "--uds-permissions --uds-mode", "OCTAL", sock, "mode of a Unix socket (default: 0666; as gunicorn 0777 without the umask)"}),
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

    row<&Options::reload>({"reload", "--reload", "", proc, "new code is served as soon as a file changes", toggle}),
    row<&Options::reload_dirs>({"reload_dirs", "--reload-dir --reload-dirs --reload-paths", "DIR", proc, "watch this one (default: the application's); may be repeated", list}),
    row<&Options::reload_includes>({"reload_includes", "--reload-include --reload-includes", "GLOB", proc, "and files like this, besides *.py and .env; as in .gitignore", list}),
    row<&Options::reload_excludes>({"reload_excludes", "--reload-exclude --reload-excludes", "GLOB", proc, "but none like this, nor below a directory like this", list}),
    row<&Options::reload_ignores>({"reload_ignore_dirs", "--reload-ignore-dirs --reload-ignore-paths", "DIR", proc, "the same", list}),
    row<&Options::reload_extra_files>({"reload_extra_files", "--reload-extra-file", "FILE", proc, "and this file", list}),
    row<&Options::reload_delay>({"reload_delay", "--reload-delay", "S", proc, "so much quiet after a change, for those who write many files"}),

    row<&Options::keep_alive>({"keepalive", "--keep-alive --timeout-keep-alive --keepalive", "S", time, "close a connection that was idle so long"}),
    row<&Options::graceful_timeout>({"graceful_timeout", "--graceful-timeout --timeout-graceful-shutdown", "S", time, "let running requests finish for so long when stopping"}),
    row<&Options::lifespan_shutdown>({"timeout_lifespan_shutdown", "--timeout-lifespan-shutdown", "S", time, "and the application's shutdown after them"}),
    row<&Options::header_timeout>({"timeout_header", "--timeout-header", "S", time, "a request's head must be whole after so long, 0: no limit"}),
    row<&Options::body_timeout>({"timeout_body", "--timeout-body --read-timeout", "S", time, "close a connection whose request body stands still so long, 0: no limit"}),
    row<&Options::write_timeout>({"timeout_write", "--timeout-write", "S", time, "close a connection that takes nothing of its answer so long, 0: no limit"}),
    row<&Options::request_timeout>({"timeout_request", "--timeout-request --request-timeout", "S", time, "cancel a request whose answer takes so long (504), 0: no limit"}),
    row<&Options::timeout>({"timeout", "-t --timeout --timeout-worker-healthcheck", "S", time, "replace a worker whose loop stands still so long, 0: never"}),
    row<&Options::abort_timeout>({"timeout_abort", "--timeout-abort", "S", time, "kill it so long after SIGABRT, which has it print its stacks"}),
    row<&Options::startup_timeout>({"timeout_startup", "--timeout-startup", "S", time, "replace a worker that does not serve so long after its start, 0: never"}),
    row<&Options::kill_timeout>({"timeout_kill", "--timeout-kill --workers-kill-timeout", "S", time, "kill a worker that has not ended so long after it was told (default: graceful timeout + 10)"}),
    row<&Options::shutdown_delay>({"shutdown_delay", "--shutdown-delay", "S", time, "serve on so long after TERM, no longer ready, so that load balancers notice"}),

    row<&Options::limit_connections>({"worker_connections", "--limit-connections --worker-connections", "N", lim, "most open connections a worker, 0: no limit"}),
    row<&Options::limit_concurrency>({"limit_concurrency", "--limit-concurrency --backpressure", "N", lim, "most calls of the application at once a worker, 0: no limit"}),
    row<&Options::limit_mode>({"limit_mode", "--limit-mode", "MODE", lim, "what becomes of more: a 503, a place in a queue, or that and no new connections", Kind::value, Force::full, "reject queue accept-pause"}),
    row<&Options::limit_queue>({"limit_queue", "--limit-queue", "N", lim, "most that wait, more are answered 503, 0: no limit (default: 0)"}),
    row<&Options::limit_queue_timeout>({"limit_queue_timeout", "--limit-queue-timeout", "S", lim, "longest wait, then 503, 0: no limit (default: 30)"}),
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
    row<&Options::forwarded_headers>({"forwarded_headers", "--forwarded-headers", "LIST", prox, "which fields count, also: x-forwarded-host, x-forwarded-port, x-forwarded-prefix, x-real-ip, forwarded"}),
    row<&Options::secure_scheme_headers>({"secure_scheme_headers", "--secure-scheme-header", "NAME:VALUE", prox, "a field that means https with this value, in the place of x-forwarded-proto; may be repeated", list}),
    row<&Options::proxy_protocol>({"proxy_protocol", "--proxy-protocol", "MODE", prox, "take a PROXY protocol preface; without a mode: either version", Kind::maybe, Force::full, "off v1 v2 auto any true false"}),
    row<&Options::proxy_allow_from>({"proxy_allow_ips", "--proxy-allow-from", "LIST", prox, "from whom"}),

    row<&Options::static_routes>({"static", "--static", "ROUTE=DIR", ans, "answer requests below ROUTE with files of DIR; may be repeated", list}),
    row<&Options::static_index>({"static_index", "--static-index --static-path-dir-to-file", "FILE", ans, "the file that answers for a directory (default: none)"}),
    row<&Options::static_expires>({"static_expires", "--static-expires --static-path-expires", "S", ans, "cache-control: max-age of these files (default: not said)"}),
    row<&Options::health_path>({"health_path", "--health-path", "PATH", ans, "answer 200 here while a worker lives, without the application"}),
    row<&Options::ready_path>({"ready_path", "--ready-path", "PATH", ans, "answer 200 here, 503 while it stops"}),

    row<&Options::headers>({"headers", "--header", "NAME:VALUE", ans, "add a header field to every answer; may be repeated", list}),
    row<&Options::server_header>({"server_header", "--server-header --no-server-header", "", ans, "send the server field", toggle}),
    row<&Options::date_header>({"date_header", "--date-header --no-date-header", "", ans, "send the date field", toggle}),

    row<&Options::log_level>({"loglevel", "--log-level", "LEVEL", log, "least level that is logged", Kind::value, Force::full, "critical error warning warn info debug trace notset"}),
    row<&Options::access_log>({"access_log", "--access-log --no-access-log", "", log, "a line for each request", toggle}),
    row<&Options::access_logfile>({"accesslog", "--access-logfile", "FILE", log, "where those lines go, - is stdout"}),
    row<&Options::access_log_format>({"access_log_format", "--access-log-format --access-logformat --access-log-fmt", "FORMAT", log, "uvicorn, uvicorn-worker, gunicorn, combined, common, json, ecs, or a text with atoms, %(h)s (default: the server's that holds)"}),
    row<&Options::access_log_exclude>({"access_log_exclude", "--access-log-exclude", "PATH", log, "no line for this path, or with * at its end for all that begin so; may be repeated", list}),
    row<&Options::access_log_sample>({"access_log_sample", "--access-log-sample", "SHARE", log, "a line for so many of all requests, 0.1: every tenth; each 5xx has one"}),
    row<&Options::error_logfile>({"errorlog", "--error-logfile --log-file", "FILE", log, "where all others go, - is stderr"}),
    row<&Options::capture_output>({"capture_output", "--capture-output", "", log, "what the application prints goes to the error log too", toggle}),

    row<&Options::log_config>({"log_config", "--log-config", "FILE", log, "configures Python's logging, which then takes all lines: .json, .yaml, else INI", Kind::value, Force::full, "", "logconfig"}),
    row<&Options::log_config_json>({"logconfig_json", "--log-config-json", "FILE", log, "the same, JSON whatever its name"}),
    row<&Options::log_config_dict>({"logconfig_dict", "--log-config-dict", "JSON", log, "the same, here"}),
    row<&Options::use_colors>({"use_colors", "--use-colors --no-use-colors", "", log, "colours (default: on a terminal)", toggle}),
    row<&Options::metrics>({"metrics", "--metrics --no-metrics", "ADDRESS", log, "serve counts of all workers together in Prometheus' format, and /healthz and /readyz; without an address: where the next two say", Kind::maybe}),
    row<&Options::metrics_address>({"metrics_address", "--metrics-address", "HOST", log, "for --metrics"}),
    row<&Options::metrics_port>({"metrics_port", "--metrics-port", "PORT", log, "for --metrics"}),
    row<&Options::statsd_host>({"statsd_host", "--statsd-host", "ADDRESS", log, "send counts to statsd, HOST:PORT or unix://PATH, each second"}),
    row<&Options::statsd_prefix>({"statsd_prefix", "--statsd-prefix", "PREFIX", log, "before each name"}),
    row<&Options::control_socket>({"control_socket", "--control-socket", "PATH", log, "answer gunicornc there"}),
    row<&Options::control_socket_mode>({"control_socket_mode", "--control-socket-mode", "OCTAL", log, "its mode (default: 0600)"}),
    row<&Options::no_control_socket>({"control_socket_disable", "--no-control-socket", "", log, "no control socket, whatever a file says", toggle}),
    row<&Options::backlog_metric>({"enable_backlog_metric", "--enable-backlog-metric", "", log, "count who waits to be accepted, too: for statsd and --metrics", toggle}),
    row<&Options::syslog>({"syslog", "--log-syslog", "", log, "send lines to syslog, too", toggle}),
    row<&Options::syslog_address>({"syslog_addr", "--log-syslog-to", "ADDRESS", log, "udp://HOST:PORT, tcp://HOST:PORT, unix://PATH, unix://PATH#dgram or #stream"}),
    row<&Options::syslog_prefix>({"syslog_prefix", "--log-syslog-prefix", "NAME", log, "lines begin with gunicorn.NAME.error or gunicorn.NAME.access"}),
    row<&Options::syslog_facility>({"syslog_facility", "--log-syslog-facility", "NAME", log, "user, daemon, local0 and so on"}),
    row<&Options::syslog_without_access>({"disable_redirect_access_to_syslog", "--disable-redirect-access-to-syslog", "", log, "no access lines to syslog", toggle}),
    row<&Options::statsd_tags>({"dogstatsd_tags", "--dogstatsd-tags", "LIST", log, "with each count, as dogstatsd has it: a:b,c:d"}),

    row<&Options::config>({"config", "-c --config", "FILE", etc, "a gunicorn.conf.py, a .toml, or python:MODULE (default: asgi-worker.toml, [tool.asgi-worker] of pyproject.toml, and as gunicorn ./gunicorn.conf.py)"}),
    row<&Options::compat>({"compat", "--compat", "SERVER", etc, "whose defaults and log lines hold; auto: by the options' names", Kind::value, Force::full, "auto native uvicorn gunicorn granian"}),
    row<&Options::print_config>({"print_config", "--print-config", "", etc, "print what is in force, then end", toggle}),
    row<&Options::check_config>({"check_config", "--check-config", "", etc, "check options and application, then end", toggle}),
    row<&Options::version>({"version", "-v --version", "", etc, "print the version, then end", toggle}),
    row<&Options::help>({"help", "-h --help", "", etc, "print this, then end", toggle}),
};
// clang-format on

}  // namespace

std::span<const Row> rows() { return all_rows; }

}  // namespace asgi_worker::options
