#include "supervisord/control/selector.hpp"

#include <algorithm>
#include <tuple>

namespace supervisord::control {
namespace {

std::vector<process::Process*> members_of(const process::Group& group, Order order) {
  auto out = group.by_priority();
  if (order == Order::to_stop) std::ranges::reverse(out);
  return out;
}

std::vector<process::Process*> everything(const process::Table& table, Order order) {
  std::vector<process::Process*> out;
  for (const auto& group : table.groups()) {
    const auto members = group->by_priority();
    out.insert(out.end(), members.begin(), members.end());
  }
  switch (order) {
    case Order::to_start: break;
    case Order::to_stop: std::ranges::reverse(out); break;
    case Order::to_show:
      std::ranges::sort(out, {}, [](const process::Process* process) {
        return std::tie(process->spec().group, process->spec().name);
      });
      break;
  }
  return out;
}

}  // namespace

Selector parse_selector(std::string_view text) {
  if (text == "all") return {.all = true};
  const auto colon = text.find(':');
  Selector out;
  out.group = text.substr(0, colon);
  out.process = colon == std::string_view::npos ? text : text.substr(colon + 1);
  if (out.process == "*") out.process.clear();
  return out;
}

common::Result<std::vector<process::Process*>> resolve(const process::Table& table,
                                                       const std::vector<std::string>& selectors,
                                                       Order order) {
  if (selectors.empty()) return everything(table, order);
  std::vector<process::Process*> out;
  for (const auto& text : selectors) {
    const Selector selector = parse_selector(text);
    if (selector.all) return everything(table, order);
    const process::Group* const group = table.find_group(selector.group);
    if (group == nullptr) return common::Error{common::Errc::not_found, text};
    if (selector.process.empty()) {
      const auto members = members_of(*group, order);
      out.insert(out.end(), members.begin(), members.end());
    } else if (process::Process* const process = group->find(selector.process)) {
      out.push_back(process);
    } else {
      return common::Error{common::Errc::not_found, text};
    }
  }
  return out;
}

}  // namespace supervisord::control
