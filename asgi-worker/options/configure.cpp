#include "asgi-worker/options/configure.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "asgi-worker/options/conf_file.hpp"
#include "asgi-worker/options/dotenv.hpp"
#include "asgi-worker/options/environment.hpp"
#include "asgi-worker/options/profile.hpp"
#include "asgi-worker/python/environment.hpp"

extern char** environ;  // NOLINT: POSIX's

namespace asgi_worker::options {
namespace {

using common::Error;
using common::Result;

template <class T>
using Outcome = boost::system::result<T, Refusal>;

constexpr int failure = 1;

std::vector<std::string> variables() {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

std::string resolved(const std::string& directory, const std::string& path) {
  return path.starts_with('/') ? path : directory + "/" + path;
}

bool is_readable(const std::string& path) { return ::access(path.c_str(), R_OK) == 0; }

/// What the last of these layers says of an option; "" for nothing.
std::string last_value(const std::vector<Layer>& layers, std::string_view key) {
  std::string value;
  for (const Layer& layer : layers)
    for (const Given& given : layer)
      if (given.row->key == key) value = given.value;
  return value;
}

std::vector<std::string> all_values(const std::vector<Layer>& layers, std::string_view key) {
  std::vector<std::string> values;
  for (const Layer& layer : layers)
    for (const Given& given : layer)
      if (given.row->key == key) values.push_back(given.value);
  return values;
}

void add(ConfFile& sum, ConfFile part) {
  if (part.functions) sum.functions = std::move(part.functions);  // the file that is named last
  sum.layer.insert(sum.layer.end(), part.layer.begin(), part.layer.end());
  sum.hooks.insert(sum.hooks.end(), part.hooks.begin(), part.hooks.end());
  sum.warnings.insert(sum.warnings.end(), part.warnings.begin(), part.warnings.end());
}

/// The files of a directory that nobody needs to name, then the one that is named.
class Files {
 public:
  explicit Files(std::string directory) : directory_{std::move(directory)} {}

  Result<ConfFile> read(const std::string& named) {
    ConfFile all;
    if (auto done = add_found(all); !done) return done.error();
    if (named.empty()) return all;
    auto file = read_named(named);
    if (!file) return file.error();
    add(all, std::move(*file));
    return all;
  }

 private:
  Result<void> add_found(ConfFile& all) {
    struct Found {
      const char* name;
      Result<ConfFile> (*read)(const std::string& path);
    };
    constexpr Found found[] = {
        {"pyproject.toml",
         [](const std::string& path) { return read_toml(path, "tool.asgi-worker"); }},
        {"asgi-worker.toml", [](const std::string& path) { return read_toml(path); }},
    };
    for (const auto& [name, read] : found) {
      if (!is_readable(resolved(directory_, name))) continue;
      auto file = read(resolved(directory_, name));
      if (!file) return file.error();
      add(all, std::move(*file));
    }
    return {};
  }

  Result<ConfFile> read_named(const std::string& named) {
    if (named.starts_with("python:")) return run_conf_module(named.substr(7));
    const auto path = named.starts_with("file:") ? named.substr(5) : named;
    if (path.ends_with(".toml")) return read_toml(resolved(directory_, path));
    auto file = run_conf_file(resolved(directory_, path));
    if (file && !path.ends_with(".py"))
      file->warnings.push_back(path +
                               ": a configuration file that does not end in .py is run as Python");
    return file;
  }

  std::string directory_;
};

Result<std::string> application_of(const CommandLine& line, const Environment& environment,
                                   Profile profile) {
  const auto& words = line.applications;
  if (words.size() > 1 && profile != Profile::gunicorn)
    return Error{common::Errc::bad_syntax, "Got unexpected extra argument (" + words[1] + ")"};
  if (!words.empty()) return words.front();
  return environment.application.value_or("");
}

/// H11 in a worker class's name asks for plain asyncio.
void heed_worker_class(Options& options) {
  if (options.worker_class.find("H11") != std::string::npos && options.loop == "auto")
    options.loop = "asyncio";
}

}  // namespace

Outcome<void> Sources::load_env_file(const std::string& path, std::vector<std::string>& warnings) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return Refusal{"Invalid value for --env-file: '" + path + "' cannot be read"};
  std::ostringstream text;
  text << file.rdbuf();
  const auto parsed = parse_dotenv(text.str(), [&](const std::string& name) {
    const char* const value = set_by_file_.contains(name) ? nullptr : std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>{value} : std::nullopt;
  });
  for (const int line : parsed.bad_lines)
    warnings.push_back(path + ":" + std::to_string(line) + ": not NAME=VALUE");
  for (const auto& [name, value] : parsed.variables) {
    if (std::getenv(name.c_str()) != nullptr && !set_by_file_.contains(name)) continue;
    python::set_variable(name, value);
    set_by_file_.insert(name);
  }
  return {};
}

Outcome<Configuration> Sources::read() {
  const auto line = parse_words(arguments_);
  if (!line) return Refusal{line.error().context};
  const auto before = variables();
  const auto environment = read_environment(before);
  if (!environment) return Refusal{environment.error().context};
  const std::vector<Layer> said{environment->gunicorn, environment->servers, environment->own,
                                line->layer};

  Configuration made;
  made.warnings = environment->warnings;
  made.warnings.insert(made.warnings.end(), line->warnings.begin(), line->warnings.end());
  for (const auto& path : all_values(said, "env_file"))
    if (auto loaded = load_env_file(resolved(directory_, path), made.warnings); !loaded)
      return loaded.error();

  const auto profile = profile_of(said);
  python::extend_path(last_value(said, "pythonpath"));
  auto named = last_value(said, "config");
  const bool has_gunicorns = is_readable(directory_ + "/gunicorn.conf.py");
  if (named.empty() && has_gunicorns) {
    if (profile == Profile::gunicorn)
      named = "gunicorn.conf.py";
    else if (profile != Profile::native)
      made.warnings.push_back(
          "gunicorn.conf.py is not read, since this is no command line of gunicorn's: name it by "
          "-c, or say --compat gunicorn");
  }
  auto file = Files{directory_}.read(named);
  if (!file) return Refusal{file.error().context, failure};

  std::vector<Layer> layers{read_fallback(variables()), file->layer};
  layers.insert(layers.end(), said.begin(), said.end());
  if (const auto name = last_value(layers, "worker_class"); !name.empty()) {
    auto keywords = read_worker_class(name);
    if (!keywords) return Refusal{keywords.error().context, failure};
    layers.insert(layers.begin() + 1, std::move(keywords->layer));
  }
  if (auto merged = merge({layers.begin(), layers.begin() + long(layers.size() - said.size())},
                          defaults_of(profile));
      !merged)
    return Refusal{merged.error().context, failure};  // a file's fault
  auto merged = merge(layers, defaults_of(profile));
  if (!merged) return Refusal{merged.error().context};

  made.options = std::move(*merged);
  made.functions = std::move(file->functions);
  const auto application = application_of(*line, *environment, profile);
  if (!application) return Refusal{application.error().context};
  if (!application->empty()) made.options.app = *application;
  settle(made.options);
  heed_worker_class(made.options);
  python::extend_path(made.options.pythonpath);

  made.warnings.insert(made.warnings.end(), file->warnings.begin(), file->warnings.end());
  auto idle = not_in_force(layers);
  idle.insert(idle.end(), file->hooks.begin(), file->hooks.end());
  if (!idle.empty())
    made.warnings.push_back("known, but not in force in this version: " + joined(idle));
  return made;
}

Outcome<Options> Sources::read_words() {
  const auto line = parse_words(arguments_);
  if (!line) return Refusal{line.error().context};
  std::vector<std::string> warnings;
  for (const auto& path : all_values({line->layer}, "env_file"))
    if (auto loaded = load_env_file(path, warnings); !loaded) return loaded.error();
  auto merged = merge({read_fallback(variables()), line->layer});
  if (!merged) return Refusal{merged.error().context};
  if (!line->applications.empty()) merged->app = line->applications.front();
  settle(*merged);
  return std::move(*merged);
}

}  // namespace asgi_worker::options
