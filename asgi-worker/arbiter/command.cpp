#include "asgi-worker/arbiter/command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "asgi-worker/arbiter/arbiter.hpp"
#include "asgi-worker/options/conf_file.hpp"
#include "asgi-worker/options/merge.hpp"
#include "asgi-worker/python/environment.hpp"
#include "asgi-worker/python/error.hpp"
#include "asgi-worker/worker/server_settings.hpp"
#include "asgi-worker/worker/worker.hpp"
#include "common/bind.hpp"
#include "common/notify.hpp"

extern char** environ;  // NOLINT: POSIX's

namespace asgi_worker::arbiter {
namespace {

using common::Errc;
using common::Error;
using common::Result;
using options::Options;
using python::Level;

constexpr int failure = 1;
constexpr int usage = 2;

int complain(const std::string& text, int status) {
  std::fprintf(stderr, "asgi-worker: %s\n", text.c_str());
  return status;
}

/// Everything that was said, in the order of its weight, and what came of it.
struct Configuration {
  Options options;
  std::vector<std::string> warnings;
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

/// The file named by -c, else ./gunicorn.conf.py when there is one; "" for none.
std::string conf_file_path(const options::CommandLine& line,
                           const options::Environment& environment) {
  for (const auto* const layer : {&line.layer, &environment.layer})
    for (auto given = layer->rbegin(); given != layer->rend(); ++given)
      if (given->row->key == "config")
        return given->value.starts_with("file:") ? given->value.substr(5) : given->value;
  return ::access("gunicorn.conf.py", R_OK) == 0 ? "gunicorn.conf.py" : "";
}

Result<Configuration> configure(const std::vector<std::string>& arguments) {
  const auto line = options::parse_words(arguments);
  if (!line) return line.error();
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) variables.emplace_back(*entry);
  const auto environment = options::read_environment(variables);
  if (!environment) return environment.error();

  Configuration made;
  options::ConfFile file;
  const auto path = conf_file_path(*line, *environment);
  if (!path.empty()) {
    auto ran = options::run_conf_file(path);
    if (!ran) return ran.error();
    file = std::move(*ran);
  }
  const std::vector<options::Layer> layers{environment->fallback, file.layer, environment->layer,
                                           line->layer};
  auto merged = options::merge(layers);
  if (!merged) return merged.error();
  made.options = std::move(*merged);
  // gunicorn's default is no access log, uvicorn's is one.
  if (!made.options.access_log)
    made.options.access_log = path.empty() || !made.options.access_logfile.empty();

  if (line->applications.size() > 1)
    return Error{Errc::bad_syntax, "Got unexpected extra argument (" + line->applications[1] + ")"};
  if (!line->applications.empty())
    made.options.app = line->applications.front();
  else if (environment->application)
    made.options.app = *environment->application;

  if (auto checked = worker::server_settings(made.options); !checked) return checked.error();
  made.warnings = std::move(file.warnings);
  auto idle = options::not_in_force(layers);
  idle.insert(idle.end(), file.hooks.begin(), file.hooks.end());
  if (!idle.empty())
    made.warnings.push_back("known, but not in force in this version: " + joined(idle));
  return made;
}

void print_configuration(const Options& options) {
  for (const options::Row& row : options::rows()) {
    if (row.get == nullptr || row.topic == options::Topic::other) continue;
    std::istringstream lines{row.get(options)};
    std::string first;
    std::getline(lines, first);
    std::printf("%-26.*s = %s\n", static_cast<int>(row.key.size()), row.key.data(), first.c_str());
    for (std::string more; std::getline(lines, more);)
      std::printf("%-26s   %s\n", "", more.c_str());
  }
}

/// Sockets that systemd, or supervisord, has opened for us: from descriptor 3 on.
std::vector<common::UniqueFd> inherited_sockets() {
  const char* const pid = std::getenv("LISTEN_PID");
  const char* const count = std::getenv("LISTEN_FDS");
  std::vector<common::UniqueFd> sockets;
  if (count == nullptr || (pid != nullptr && std::atol(pid) != ::getpid())) return sockets;
  for (int index = 0; index < std::atoi(count); ++index)
    if (auto adopted = common::bind_address(common::FdAddress{3 + index}, {}))
      sockets.push_back(std::move(*adopted));
  for (const char* const name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
    python::unset_variable(name);
  return sockets;
}

Result<std::vector<common::UniqueFd>> listening_sockets(const Options& options) {
  if (auto inherited = inherited_sockets(); !inherited.empty()) return inherited;
  common::BindOptions how{.backlog = options.backlog};
  if (!options.uds_permissions.empty())
    how.unix_mode = static_cast<mode_t>(std::strtoul(options.uds_permissions.c_str(), nullptr, 8));
  std::vector<common::UniqueFd> sockets;
  for (const auto& text : options::addresses(options)) {
    const auto address = common::parse_address(text);
    if (!address) return address.error();
    auto bound = common::bind_address(*address, how);
    if (!bound) return bound.error();
    sockets.push_back(std::move(*bound));
  }
  return sockets;
}

std::string running_line(int fd) {
  const auto address = common::bound_address(fd);
  if (!address.starts_with("unix:"))
    return "asgi-worker running on http://" + address + " (Press CTRL+C to quit)";
  return "asgi-worker running on unix socket " + address.substr(5) + " (Press CTRL+C to quit)";
}

/// Opens `path` for appending, in the place of the descriptor `fd`; "-" and "" leave it.
Result<void> open_log(const std::string& path, common::UniqueFd& fd) {
  if (path.empty() || path == "-") return {};
  const common::UniqueFd opened{
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
  if (!opened) return common::system_error("cannot open log '" + path + "'", errno);
  if (!fd) {
    auto copy = common::duplicate(opened.get());
    if (!copy) return copy.error();
    fd = std::move(*copy);
    return {};
  }
  if (::dup3(opened.get(), fd.get(), O_CLOEXEC) < 0)
    return common::system_error("cannot open log '" + path + "'", errno);
  return {};
}

void set_environment(const Options& options) {
  for (const auto& pair : options.raw_env)
    if (const auto equals = pair.find('='); equals != std::string::npos)
      python::set_variable(pair.substr(0, equals), pair.substr(equals + 1));
}

/// What runs once everything is bound: owns the options, the sockets and the log files.
class Command {
 public:
  Command(std::vector<std::string> arguments, Configuration configuration, python::Log& log)
      : arguments_{std::move(arguments)}, options_{std::move(configuration.options)}, log_{log} {}

  Result<void> open() {
    if (auto opened = open_logs(); !opened) return opened.error();
    auto sockets = listening_sockets(options_);
    if (!sockets) return sockets.error();
    sockets_ = std::move(*sockets);
    return {};
  }

  int run() {
    using namespace std::chrono;
    const auto limit = options_.graceful_timeout + options_.lifespan_shutdown + seconds{5};
    const Policy policy{.workers = options_.workers,
                        .kill_after = duration_cast<Clock::duration>(limit)};
    notify_socket_ = std::getenv("NOTIFY_SOCKET") != nullptr ? std::getenv("NOTIFY_SOCKET") : "";
    python::unset_variable("NOTIFY_SOCKET");  // it is the arbiter that is watched
    Arbiter arbiter{policy,
                    {.run = [this](int fd) { return run_worker(fd); },
                     .reload = [this] { return reload(); },
                     .reopen_logs = [this] { reopen_logs(); },
                     .ready = [this] { ready(); }},
                    log_};
    log_.line(Level::info, "Started parent process [" + std::to_string(::getpid()) + "]");
    const int status = arbiter.run();
    if (arbiter.is_worker()) return status;
    for (const auto& socket : sockets_) common::unlink_bound(socket.get());
    log_.line(Level::info, "Stopping parent process [" + std::to_string(::getpid()) + "]");
    return status;
  }

  void reopen_logs() {
    if (auto opened = open_logs(); !opened) log_.line(Level::error, opened.error().context);
  }

 private:
  int run_worker(int arbiter) {
    set_environment(options_);
    std::vector<int> listeners;
    for (const auto& socket : sockets_) listeners.push_back(socket.get());
    return worker::run_worker(options_, listeners, arbiter, log_);
  }

  /// Reads everything again; what cannot change while running (the sockets) stays.
  int reload() {
    reopen_logs();
    auto fresh = configure(arguments_);
    if (!fresh) {
      log_.line(Level::error, "Configuration is not taken over: " + fresh.error().context);
      return options_.workers;
    }
    for (const auto& warning : fresh->warnings) log_.line(Level::warning, warning);
    fresh->options.access_fd = options_.access_fd;
    options_ = std::move(fresh->options);
    return options_.workers;
  }

  Result<void> open_logs() {
    if (auto opened = open_log(options_.access_logfile, access_file_); !opened)
      return opened.error();
    if (auto opened = open_log(options_.error_logfile, error_file_); !opened) return opened.error();
    options_.access_fd = access_file_ ? access_file_.get() : STDOUT_FILENO;
    log_ = python::Log{error_file_ ? error_file_.get() : STDERR_FILENO,
                       python::level_of(options_.log_level)};
    if (options_.capture_output && error_file_) {
      ::dup2(error_file_.get(), STDOUT_FILENO);
      ::dup2(error_file_.get(), STDERR_FILENO);
    }
    return {};
  }

  void ready() {
    for (const auto& socket : sockets_) log_.line(Level::info, running_line(socket.get()));
    const auto sent = common::Notifier{notify_socket_}.send(
        "READY=1\nSTATUS=serving, " + std::to_string(options_.workers) +
        (options_.workers == 1 ? " worker" : " workers"));
    if (!sent) log_.line(Level::warning, "cannot notify: " + sent.error().context);
  }

  std::vector<std::string> arguments_;
  Options options_;
  python::Log& log_;
  common::UniqueFd access_file_;
  common::UniqueFd error_file_;
  std::vector<common::UniqueFd> sockets_;
  std::string notify_socket_;
};

/// --check-config: the application is loaded, in this process, and nothing served.
int check(const Options& options) {
  using python::Ref;
  using python::steal;
  const Ref module = steal(PyImport_ImportModule("asgi_worker.worker"));
  const Ref done =
      module ? steal(PyObject_CallMethod(module.get(), "check", "sss", options.app.c_str(),
                                         options.app_dir.c_str(), options.factory ? "factory" : ""))
             : Ref{};
  if (done) return 0;
  const Ref exception = python::take_exception();
  return complain(exception ? python::text_of(exception.get()) : "check failed", cannot_start);
}

}  // namespace

int run_command(const std::vector<std::string>& arguments, worker::State& state) {
  auto configuration = configure(arguments);
  if (!configuration)
    return complain(configuration.error().context,
                    configuration.error().code == Errc::not_found ? failure : usage);
  const Options& options = configuration->options;
  if (options.help) return std::fputs(options::help_text().c_str(), stdout), 0;
  if (options.version) return std::printf("asgi-worker %s\n", SUPERVISOR_VERSION), 0;
  for (const auto& warning : configuration->warnings)
    python::Log{2, Level::info}.line(Level::warning, warning);
  if (options.print_config) return print_configuration(options), 0;
  if (options.app.empty())
    return complain("Missing argument 'APP': MODULE:ATTRIBUTE. Try --help.", usage);
  if (options.check_config) return check(options);

  Command command{arguments, std::move(*configuration), state.log};
  state.reopen_logs = [&command] { command.reopen_logs(); };
  if (auto opened = command.open(); !opened) return complain(opened.error().context, failure);
  const int status = command.run();
  state.reopen_logs = nullptr;
  return status;
}

}  // namespace asgi_worker::arbiter
