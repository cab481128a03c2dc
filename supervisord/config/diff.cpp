#include "supervisord/config/diff.hpp"

#include <algorithm>
#include <map>

namespace supervisord::config {
namespace {

using ByName = std::map<std::string, const GroupSpec*>;

ByName by_name(std::span<const GroupSpec> groups) {
  ByName map;
  for (const GroupSpec& group : groups) map.emplace(group.name, &group);
  return map;
}

/// As if both had the first one's file, when one of them leaves the name to the daemon.
void level_auto(const LogSpec& before, LogSpec& after) {
  const auto is_auto = [](const LogSpec& log) { return log.kind == LogSpec::Kind::auto_named; };
  if (!is_auto(before) && !is_auto(after)) return;
  after.kind = before.kind;
  after.path = before.path;
}

bool is_same_process(const ProcessSpec& before, ProcessSpec after) {
  level_auto(before.stdout_log, after.stdout_log);
  level_auto(before.stderr_log, after.stderr_log);
  if (before.user && after.user && before.user->uid == after.user->uid) after.user = before.user;
  after.program = before.program;  // Supervisor does not look at it
  return before == after;
}

}  // namespace

bool is_same(const GroupSpec& before, const GroupSpec& after) {
  return before.priority == after.priority &&
         std::equal(before.processes.begin(), before.processes.end(), after.processes.begin(),
                    after.processes.end(), is_same_process);
}

Diff diff(std::span<const GroupSpec> before, std::span<const GroupSpec> after) {
  const ByName old_groups = by_name(before);
  const ByName new_groups = by_name(after);
  Diff result;
  for (const auto& [name, group] : new_groups) {
    const auto there = old_groups.find(name);
    if (there == old_groups.end()) {
      result.added.push_back(name);
    } else if (!is_same(*there->second, *group)) {
      result.changed.push_back(name);
    }
  }
  for (const auto& [name, group] : old_groups) {
    if (!new_groups.contains(name)) result.removed.push_back(name);
  }
  return result;
}

}  // namespace supervisord::config
