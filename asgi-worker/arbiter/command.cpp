#include "asgi-worker/arbiter/command.hpp"

#include <unistd.h>

#include <cstdio>
#include <sstream>

#include "asgi-worker/arbiter/site.hpp"
#include "asgi-worker/options/conf_file.hpp"
#include "asgi-worker/options/merge.hpp"
#include "asgi-worker/python/error.hpp"
#include "asgi-worker/worker/server_settings.hpp"

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
  python::Ref functions;  // gunicorn.conf.py's hooks
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
  made.functions = std::move(file.functions);
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

  const auto again = [&arguments]() -> Result<Site::Configured> {
    auto fresh = configure(arguments);
    if (!fresh) return fresh.error();
    for (const auto& warning : fresh->warnings)
      python::Log{2, Level::info}.line(Level::warning, warning);
    return Site::Configured{std::move(fresh->options), std::move(fresh->functions)};
  };
  Site site{{std::move(configuration->options), std::move(configuration->functions)}, again, state};
  if (auto opened = site.open(); !opened) return complain(opened.error().context, failure);
  return site.run();
}

}  // namespace asgi_worker::arbiter
