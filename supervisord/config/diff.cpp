#include "supervisord/config/diff.hpp"

#include <algorithm>
#include <map>
#include <set>

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

std::map<std::string, std::string> by_key(
    const std::vector<std::pair<std::string, std::string>>& environment) {
  return {environment.begin(), environment.end()};
}

bool is_same_process(const ProcessSpec& before, ProcessSpec after) {
  level_auto(before.stdout_log, after.stdout_log);
  level_auto(before.stderr_log, after.stderr_log);
  if (before.user && after.user && before.user->uid == after.user->uid) after.user = before.user;
  // Supervisor looks at neither; and a variable's place among the others means nothing.
  after.program = before.program;
  after.strip_ansi = before.strip_ansi;
  if (by_key(before.environment) == by_key(after.environment)) {
    after.environment = before.environment;
  }
  return before == after;
}

std::set<std::string> as_set(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

bool is_same_listener(const EventListenerSpec& before, const EventListenerSpec& after) {
  return before.buffer_size == after.buffer_size && before.result_handler == after.result_handler &&
         as_set(before.events) == as_set(after.events);
}

/// A group, a pool of listeners and an fcgi program are never the same.
bool is_same_kind(const GroupSpec& before, const GroupSpec& after) {
  if (before.listener.has_value() != after.listener.has_value()) return false;
  if (before.fcgi.has_value() != after.fcgi.has_value()) return false;
  if (before.listener && !is_same_listener(*before.listener, *after.listener)) return false;
  return !before.fcgi || before.fcgi->url == after.fcgi->url;
}

}  // namespace

bool is_same(const GroupSpec& before, const GroupSpec& after) {
  return before.priority == after.priority && is_same_kind(before, after) &&
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
