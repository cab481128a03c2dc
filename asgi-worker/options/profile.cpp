#include "asgi-worker/options/profile.hpp"

#include <algorithm>

namespace asgi_worker::options {
namespace {

/// Flags that gunicorn has and uvicorn has not. --check-config and --print-config are not among
/// them: whoever looks at a configuration wants to see that of the same line without them.
constexpr std::string_view only_gunicorns[] = {"-b",
                                               "--bind",
                                               "-w",
                                               "-k",
                                               "--worker-class",
                                               "-t",
                                               "--timeout",
                                               "--graceful-timeout",
                                               "--keep-alive",
                                               "--max-requests",
                                               "--max-requests-jitter",
                                               "--preload",
                                               "--access-logfile",
                                               "--error-logfile",
                                               "--log-file",
                                               "--access-logformat",
                                               "--capture-output",
                                               "--worker-connections",
                                               "--threads",
                                               "--limit-request-line",
                                               "--limit-request-fields",
                                               "--limit-request-field_size",
                                               "-D",
                                               "--daemon",
                                               "-p",
                                               "--pid",
                                               "-u",
                                               "--user",
                                               "-g",
                                               "--group",
                                               "-m",
                                               "--umask",
                                               "-n",
                                               "--name",
                                               "-e",
                                               "--env",
                                               "--chdir",
                                               "--pythonpath",
                                               "--reload-engine",
                                               "--reload-extra-file",
                                               "--statsd-host",
                                               "--log-config-json",
                                               "--log-syslog",
                                               "--worker-tmp-dir",
                                               "--forwarder-headers",
                                               "--proxy-protocol",
                                               "--proxy-allow-from",
                                               "--certfile",
                                               "--keyfile",
                                               "--asgi-loop",
                                               "--asgi-lifespan"};

bool is_gunicorns(const Given& given) {
  if (given.row->key == "config") return !given.value.ends_with(".toml");
  return given.spelling.starts_with("GUNICORN_CMD_ARGS") ||
         std::ranges::find(only_gunicorns, given.spelling) != std::end(only_gunicorns);
}

}  // namespace

Profile profile_named(std::string_view name) {
  for (const auto profile : {Profile::uvicorn, Profile::gunicorn, Profile::granian})
    if (name == name_of(profile)) return profile;
  return Profile::native;
}

std::string_view name_of(Profile profile) {
  switch (profile) {
    case Profile::native: return "native";
    case Profile::uvicorn: return "uvicorn";
    case Profile::gunicorn: return "gunicorn";
    case Profile::granian: return "granian";
  }
  return "";
}

Profile profile_of(const std::vector<Layer>& layers) {
  std::string compat = "auto";
  bool has_gunicorns = false;
  for (const Layer& layer : layers)
    for (const Given& given : layer) {
      if (given.row->key == "compat") compat = given.value;
      has_gunicorns = has_gunicorns || is_gunicorns(given);
    }
  if (compat != "auto") return profile_named(compat);
  return has_gunicorns ? Profile::gunicorn : Profile::uvicorn;
}

Options defaults_of(Profile profile) {
  Options options;
  options.profile = profile;
  if (profile != Profile::gunicorn) return options;
  options.keep_alive = Seconds{2};
  options.timeout = Seconds{30};
  options.header_map = "drop";
  options.limit_request_line = 4094;
  options.limit_request_fields = 100;
  options.limit_request_field_size = 8190;
  return options;
}

void settle(Options& options) {
  // Who changes code does not want to wait for the browser's open connections.
  if (options.reload && options.graceful_timeout == Options{}.graceful_timeout)
    options.graceful_timeout = Seconds{1};
  if (options.access_log) return;
  const bool is_asked_for =
      options.profile == Profile::gunicorn || options.profile == Profile::granian;
  const bool has_syslog = options.syslog && !options.syslog_without_access;
  options.access_log = !is_asked_for || !options.access_logfile.empty() || has_syslog;
}

}  // namespace asgi_worker::options
