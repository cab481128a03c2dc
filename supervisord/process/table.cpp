#include "supervisord/process/table.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace supervisord::process {

Group::Group(config::GroupSpec spec, Surroundings& surroundings) : spec_{std::move(spec)} {
  if (spec_.fcgi) {
    socket_ =
        std::make_unique<FcgiSocket>(spec_.name, *spec_.fcgi, surroundings.holder,
                                     [&surroundings](common::Level level, const std::string& text) {
                                       surroundings.report(level, text);
                                     });
  }
  const GroupTies ties{.socket = socket_.get(), .is_listener = spec_.listener.has_value()};
  processes_.reserve(spec_.processes.size());
  for (const auto& process : spec_.processes)
    processes_.push_back(std::make_unique<Process>(process, surroundings, ties));
  for (const auto& process : processes_) by_name_.emplace(process->name(), process.get());
}

Process* Group::find(std::string_view process) const {
  const auto found = by_name_.find(process);
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<Process*> Group::by_priority() const {
  std::vector<Process*> out;
  for (const auto& process : processes_) out.push_back(process.get());
  std::ranges::stable_sort(out, {},
                           [](const Process* process) { return process->spec().priority; });
  return out;
}

bool Group::is_down() const {
  // What cannot be signalled (UNKNOWN) may have a child for ever: nobody waits for that.
  return std::ranges::all_of(processes_, [](const auto& p) {
    return p->state() == State::unknown || (process::is_down(p->state()) && !p->has_child());
  });
}

Group* Table::find_group(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

Process* Table::find(std::string_view name) const {
  const auto colon = name.find(':');
  const Group* const group = find_group(name.substr(0, colon));
  if (group == nullptr) return nullptr;
  return group->find(colon == std::string_view::npos ? name : name.substr(colon + 1));
}

std::optional<StreamOwner> Table::owner_of(std::string_view stream) const {
  const auto slash = stream.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  Process* const process = find(stream.substr(0, slash));
  if (process == nullptr) return std::nullopt;
  return StreamOwner{process, stream.substr(slash + 1) == "stderr"};
}

Group& Table::add(std::unique_ptr<Group> group) {
  assert(find_group(group->name()) == nullptr && "the caller has looked");
  const auto order = [](const auto& g) { return std::tie(g->spec().priority, g->name()); };
  by_name_.emplace(group->name(), group.get());
  const auto place = std::ranges::upper_bound(groups_, order(group), {}, order);
  return **groups_.insert(place, std::move(group));
}

std::unique_ptr<Group> Table::take(std::string_view name) {
  const auto found =
      std::ranges::find(groups_, name, [](const auto& g) -> std::string_view { return g->name(); });
  if (found == groups_.end()) return nullptr;
  auto out = std::move(*found);
  groups_.erase(found);
  by_name_.erase(by_name_.find(name));
  return out;
}

std::vector<Process*> Table::all() const {
  std::vector<Process*> out;
  for (const auto& group : groups_) {
    for (const auto& process : group->processes()) out.push_back(process.get());
  }
  return out;
}

std::vector<SocketUse> socket_uses(const Table& table) {
  std::vector<SocketUse> uses;
  for (const Process* const process : table.all()) {
    for (const config::SocketSpec& socket : process->spec().sockets) {
      auto use = std::ranges::find(uses, socket.place.url, &SocketUse::url);
      if (use == uses.end()) use = uses.insert(use, SocketUse{socket.name, socket.place.url, {}});
      if (std::ranges::find(use->programs, process->spec().program) == use->programs.end())
        use->programs.push_back(process->spec().program);
    }
  }
  return uses;
}

bool Table::is_down() const {
  return std::ranges::all_of(groups_, [](const auto& group) { return group->is_down(); });
}

}  // namespace supervisord::process
