#include "supervisord/spawner/plan.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>

namespace supervisord::spawner {
namespace {

using common::Error;
using common::Result;

constexpr std::string_view default_path = "/bin:/usr/bin:/usr/local/bin";

Error refusal(int error, std::string_view before, std::string_view path,
              std::string_view behind = "") {
  return {std::error_code{error, std::generic_category()},
          std::string{before} + " '" + std::string{path} + "'" + std::string{behind}};
}

Result<std::string> check(const std::string& path, const std::optional<FileFacts>& facts) {
  if (!facts) return refusal(ENOENT, "can't find command", path);
  if (facts->is_directory) return refusal(EISDIR, "command at", path, " is a directory");
  if (!facts->has_execute_bit) return refusal(ENOEXEC, "command at", path, " is not executable");
  if (!facts->may_execute) return refusal(EACCES, "no permission to run command", path);
  return path;
}

// Keeps the order of first mention, the last value.
class Environment {
 public:
  void set(std::string_view key, std::string_view value) {
    std::string entry = std::string{key} + "=" + std::string{value};
    const auto [place, is_new] = places_.try_emplace(std::string{key}, entries_.size());
    if (is_new)
      entries_.push_back(std::move(entry));
    else
      entries_[place->second] = std::move(entry);
  }
  std::vector<std::string> take() { return std::move(entries_); }

 private:
  std::vector<std::string> entries_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

}  // namespace

std::optional<FileFacts> probe_file(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return std::nullopt;
  return FileFacts{S_ISDIR(facts.st_mode), (facts.st_mode & 0111) != 0,
                   ::access(path.c_str(), X_OK) == 0};
}

Result<std::string> find_executable(std::string_view word, std::string_view path,
                                    const FileProbe& probe) {
  const std::string name{word};
  if (word.find('/') != std::string_view::npos) return check(name, probe(name));
  for (;;) {
    const auto colon = path.find(':');
    const std::string_view folder = path.substr(0, colon);
    // An empty entry is the working directory.
    std::string candidate =
        folder.empty() ? name : std::string{folder} + (folder.ends_with('/') ? "" : "/") + name;
    if (const auto facts = probe(candidate)) return check(candidate, facts);
    if (colon == std::string_view::npos) return check(name, std::nullopt);
    path.remove_prefix(colon + 1);
  }
}

std::string child_name(const config::ProcessSpec& spec) { return spec.group + ":" + spec.name; }

std::string search_path(const config::ProcessSpec& spec, const DaemonFacts& daemon) {
  std::string path{default_path};
  for (const std::string& entry : daemon.environment) {
    if (entry.starts_with("PATH=")) path = entry.substr(5);
  }
  for (const auto& [key, value] : spec.environment) {
    if (key == "PATH") path = value;
  }
  return path;
}

std::vector<std::string> environment_of(const config::ProcessSpec& spec,
                                        const DaemonFacts& daemon) {
  Environment environment;
  for (const std::string_view entry : daemon.environment) {
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    environment.set(entry.substr(0, equals), entry.substr(equals + 1));
  }
  environment.set("SUPERVISOR_ENABLED", "1");
  const std::string server_url = spec.server_url.value_or(daemon.server_url);
  if (!server_url.empty()) environment.set("SUPERVISOR_SERVER_URL", server_url);
  environment.set("SUPERVISOR_PROCESS_NAME", spec.name);
  environment.set("SUPERVISOR_GROUP_NAME", spec.group);
  for (const auto& [key, value] : spec.environment) environment.set(key, value);
  return environment.take();
}

keeper::SpawnPlan make_plan(const config::ProcessSpec& spec, std::vector<std::string> argv,
                            std::string executable, std::vector<int> targets,
                            const DaemonFacts& daemon) {
  keeper::SpawnPlan plan;
  plan.name = child_name(spec);
  plan.executable = std::move(executable);
  plan.argv = std::move(argv);
  plan.environment = environment_of(spec, daemon);
  plan.directory = spec.directory;
  plan.umask = spec.umask;
  if (spec.user && spec.user->uid != daemon.uid) {
    plan.identity = keeper::Identity{spec.user->uid, spec.user->gid, spec.user->groups};
  }
  plan.targets = std::move(targets);
  plan.own_cgroup = spec.stop_whole_tree;
  return plan;
}

}  // namespace supervisord::spawner
