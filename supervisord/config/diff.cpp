#include "supervisord/config/diff.hpp"

#include <algorithm>
#include <map>

namespace supervisord::config {

Diff diff(const std::vector<GroupSpec>& in_force, const std::vector<GroupSpec>& configured) {
  std::map<std::string, const GroupSpec*> before;
  for (const auto& group : in_force) before.emplace(group.name, &group);
  Diff out;
  for (const auto& group : configured) {
    const auto found = before.find(group.name);
    if (found == before.end()) {
      out.added.push_back(group.name);
      continue;
    }
    if (*found->second != group) out.changed.push_back(group.name);
    before.erase(found);
  }
  for (const auto& [name, group] : before) out.removed.push_back(name);
  std::ranges::sort(out.added);
  std::ranges::sort(out.changed);
  return out;
}

}  // namespace supervisord::config
