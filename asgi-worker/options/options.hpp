// What an asgi-worker was told, by topic: plain values with the defaults that hold when nobody says
// otherwise. Filled by merge.cpp from the rows of table.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace asgi_worker::options {

using Seconds = std::chrono::duration<double>;

/// Permission bits, written in octal.
struct Mode {
  unsigned bits = 0;
  bool operator==(const Mode&) const = default;
};

/// Whose defaults and whose way of logging hold.
enum class Profile { native, uvicorn, gunicorn, granian };

struct Options {
  Profile profile = Profile::native;
  std::string compat = "auto";  // as asked; "auto" leaves it to what else is said

  // application
  std::string app;  // "module:attribute"
  std::string app_dir;
  std::string chdir;
  std::string pythonpath;              // directories, separated by commas
  std::vector<std::string> env_files;  // never override what is set
  bool factory = false;
  std::string interface = "auto";
  std::string lifespan = "auto";
  int threads = 0;  // of WSGI; 0: ten
  std::string asgi_spec_version = "2.5";
  bool reset_contextvars = false;
  std::string root_path;
  std::string python;  // the launcher's; here so that the option is known
  std::vector<std::string> raw_env;

  // sockets
  std::vector<std::string> bind;
  std::optional<std::string> host;
  std::optional<int> port;
  std::optional<std::string> uds;
  std::optional<int> fd;
  std::optional<Mode> uds_permissions;
  std::string uds_owner;  // "user", "user:group" or ":group"
  int backlog = 2048;
  bool ipv6_only = false;
  bool reuse_port = false;

  // processes
  int workers = 1;  // 0: auto, one for each CPU that this process may use
  std::string worker_class;
  bool preload = false;
  int max_requests = 0;
  int max_requests_jitter = 0;
  Seconds worker_lifetime{0};
  Seconds worker_lifetime_jitter{0};
  int worker_max_rss_mib = 0;
  Seconds rss_sample_interval{30};
  int rss_samples = 1;
  bool reload = false;
  std::vector<std::string> reload_dirs;
  std::vector<std::string> reload_includes;
  std::vector<std::string> reload_excludes;
  std::vector<std::string> reload_ignores;  // granian's: more of those
  std::vector<std::string> reload_extra_files;
  Seconds reload_delay{0.02};
  std::string loop = "auto";
  std::string task = "auto";
  std::string pid_file;
  std::string process_name;
  std::string user;
  std::string group;
  bool init_groups = false;
  std::optional<Mode> umask;
  bool daemon = false;
  bool keep_stdio = false;  // of a daemon

  // timeouts
  Seconds keep_alive{5};
  Seconds graceful_timeout{30};
  Seconds lifespan_shutdown{5};
  Seconds header_timeout{30};
  Seconds body_timeout{60};
  Seconds write_timeout{60};
  Seconds request_timeout{0};
  Seconds timeout{0};
  Seconds abort_timeout{1};
  Seconds startup_timeout{0};
  std::optional<Seconds> kill_timeout;  // none: graceful_timeout and ten seconds
  Seconds shutdown_delay{0};

  // limits
  int limit_connections = 0;
  int limit_concurrency = 0;
  std::string limit_mode;  // "": reject, or queue when something is said of a queue
  std::optional<int> limit_queue;
  std::optional<Seconds> limit_queue_timeout;
  int limit_request_line = 65536;
  int limit_request_fields = 1000;
  int limit_request_field_size = 65536;
  std::int64_t limit_request_body = 0;
  int h11_max_incomplete_event_size = 0;

  // requests that are refused otherwise
  std::string header_map = "dangerous";
  bool permit_obsolete_folding = false;
  bool permit_unconventional_http_method = false;
  bool permit_unconventional_http_version = false;
  bool casefold_http_method = false;
  bool strip_header_spaces = false;

  // proxies before us
  bool proxy_headers = true;
  std::string forwarded_allow_ips = "127.0.0.1,::1,unix";
  std::string forwarded_headers = "x-forwarded-for,x-forwarded-proto";
  std::vector<std::string> secure_scheme_headers;
  std::string proxy_protocol = "off";
  std::string proxy_allow_from = "127.0.0.1,::1,unix";

  // answers without the application
  std::vector<std::string> static_routes;
  std::string static_index;
  std::optional<Seconds> static_expires;
  std::string health_path;
  std::string ready_path;

  // answers
  std::vector<std::string> headers;
  std::string server_name = "asgi-worker";
  bool server_header = true;
  bool date_header = true;

  // log
  std::string log_level = "info";
  std::optional<bool> access_log;  // none: on, unless the configuration is gunicorn's
  std::string access_logfile;      // "" and "-": stdout
  std::string error_logfile = "-";
  std::string access_log_format;  // a preset, or atoms; "": the profile's
  std::vector<std::string> access_log_exclude;
  double access_log_sample = 1;
  std::string log_config;  // a file: dict as JSON or YAML, else INI
  std::string log_config_json;
  std::string log_config_dict;     // as JSON
  std::optional<bool> use_colors;  // none: on a terminal
  bool access_colors = false;      // what came of it
  std::string metrics = "off";     // "off", "on" or an address
  std::string metrics_address = "127.0.0.1";
  int metrics_port = 9090;
  std::string statsd_host;
  std::string statsd_prefix;
  std::string statsd_tags;
  std::string control_socket;
  std::optional<Mode> control_socket_mode;
  bool no_control_socket = false;
  bool backlog_metric = false;
  bool syslog = false;
  std::string syslog_address = "udp://localhost:514";
  std::string syslog_prefix;  // "": the process's name, else the application's
  std::string syslog_facility = "user";
  bool syslog_without_access = false;
  int access_fd = 1;  // open, where access_logfile says; -1: lines go elsewhere
  int error_fd = 2;
  bool capture_output = false;

  // what to do
  std::optional<std::string> config;
  bool print_config = false;
  bool check_config = false;
  bool help = false;
  bool version = false;
};

}  // namespace asgi_worker::options
