#include "supervisord/xmlrpc/names.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace supervisord::xmlrpc {

std::optional<std::string> group_of(std::string_view name) {
  const auto colon = name.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view process = name.substr(colon + 1);
  if (!process.empty() && process != "*") return std::nullopt;
  return std::string{name.substr(0, colon)};
}

std::optional<process::Status> find_process(control::Control& control, std::string_view name) {
  if (name.empty() || group_of(name)) return std::nullopt;
  std::string selector{name};
  if (name.find(':') == std::string_view::npos) selector += ":" + std::string{name};
  auto found = control.status({selector});
  if (!found || found->size() != 1) return std::nullopt;
  return std::move(found->front());
}

std::optional<std::vector<process::Status>> find_group(control::Control& control,
                                                       std::string_view group) {
  if (group.empty() || group.find(':') != std::string_view::npos) return std::nullopt;
  auto found = control.status({std::string{group} + ":*"});
  if (!found) return std::nullopt;
  return *std::move(found);
}

std::vector<process::Status> all_processes(control::Control& control) {
  auto found = control.status({});
  if (!found) return {};
  std::map<std::pair<std::string, std::string>, std::pair<int, int>> priorities;
  for (const auto& each : control.configured()) {
    priorities[{each.spec->group, each.spec->name}] = {each.group_priority, each.spec->priority};
  }
  std::ranges::stable_sort(*found, {}, [&](const process::Status& status) {
    const auto known = priorities.find({status.group, status.name});
    const auto [group, own] = known == priorities.end() ? std::pair{999, 999} : known->second;
    return std::tuple{group, status.group, own};
  });
  return *std::move(found);
}

std::string selector_of(const process::Status& status) { return status.group + ":" + status.name; }

}  // namespace supervisord::xmlrpc
