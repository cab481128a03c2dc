#include "asgi-worker/arbiter/command.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "asgi-worker/arbiter/site.hpp"
#include "asgi-worker/options/configure.hpp"
#include "asgi-worker/options/help.hpp"
#include "asgi-worker/python/error.hpp"
#include "asgi-worker/worker/logging.hpp"
#include "asgi-worker/worker/server_settings.hpp"
#include "asgi-worker/worker/worker.hpp"

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

int complain_of_no_application(const Options& options) {
  if (options.profile == options::Profile::gunicorn)
    return complain("Error: No application module specified.", failure);
  return complain("Missing argument 'APP': MODULE:ATTRIBUTE. Try --help.", usage);
}

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
  const bool as_gunicorn = options.profile == options::Profile::gunicorn;
  return complain(exception ? python::text_of(exception.get()) : "check failed",
                  as_gunicorn ? failure : cannot_start);
}

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* const columns = std::getenv("COLUMNS");
  const int width = columns != nullptr ? std::atoi(columns) : 0;
  return width > 0 ? static_cast<std::size_t>(width) : 80;
}

/// What there is to say about it goes to stderr.
boost::system::result<Site::Configured, options::Refusal> configured(options::Sources& sources) {
  auto configuration = sources.read();
  if (!configuration) return configuration.error();
  if (auto checked = worker::server_settings(configuration->options); !checked)
    return options::Refusal{checked.error().context};
  const bool asks = configuration->options.help || configuration->options.version;
  for (const auto& warning : configuration->warnings)
    if (!asks) python::Log{2, Level::info}.line(Level::warning, warning);
  return Site::Configured{std::move(configuration->options), std::move(configuration->functions)};
}

/// All has ended: nothing of Python's is run any more.
void die_by(int number) {
  std::fflush(stdout);
  ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  ::raise(number);
}

}  // namespace

int run_command(const std::vector<std::string>& arguments, worker::State& state) {
  std::error_code error;
  auto directory = std::filesystem::current_path(error).string();
  options::Sources sources{arguments, directory};
  auto made = configured(sources);
  if (!made) return complain(made.error().text, made.error().status);
  const Options& options = made->options;
  if (options.help) return std::fputs(options::help_text(terminal_width()).c_str(), stdout), 0;
  if (options.version) return std::printf("asgi-worker %s\n", SUPERVISOR_VERSION), 0;
  if (options.print_config) return std::fputs(options::print_text(options).c_str(), stdout), 0;
  if (options.app.empty()) return complain_of_no_application(options);
  if (!options.chdir.empty() && ::chdir(options.chdir.c_str()) != 0)
    return complain(common::system_error("cannot change to '" + options.chdir + "'", errno).context,
                    failure);
  if (options.check_config) return check(options);

  const auto again = [&sources]() -> Result<Site::Configured> {
    auto fresh = configured(sources);
    if (!fresh) return Error{Errc::bad_value, fresh.error().text};
    return std::move(*fresh);
  };
  int status = 0;
  int signal = 0;
  {
    Site site{std::move(*made), again, std::move(directory), state};
    if (auto opened = site.open(); !opened) return complain(opened.error().context, failure);
    status = site.run();
    if (status == 0) signal = site.signal_to_die_by();
  }
  if (signal != 0) die_by(signal);
  return status;
}

python::Ref settings_of(const std::vector<std::string>& words, worker::State& state) {
  options::Sources sources{words, {}};
  auto made = sources.read_words();
  if (made)
    if (auto checked = worker::server_settings(*made); !checked)
      made = options::Refusal{checked.error().context};
  if (!made) {
    PyErr_SetString(PyExc_ValueError, made.error().text.c_str());
    return {};
  }
  const bool has_colors = made->use_colors.value_or(::isatty(STDERR_FILENO) == 1);
  state.log =
      python::Log{STDERR_FILENO, python::level_of(made->log_level), {.has_colors = has_colors}};
  if (auto configured = worker::configure_logging(*made, state); !configured) {
    PyErr_SetString(PyExc_ValueError, configured.error().context.c_str());
    return {};
  }
  return worker::settings(*made);
}

}  // namespace asgi_worker::arbiter
