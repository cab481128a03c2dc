#include "supervisord/keeper/children.hpp"

#include <cassert>
#include <utility>

namespace supervisord::keeper {

void Children::add(ChildRow row) {
  std::string name = row.facts.name;
  const auto [place, is_new] = rows_.emplace(std::move(name), std::move(row));
  assert(is_new && "a name has one child");
  (void)is_new;
  if (place->second.lives()) by_pid_[place->second.facts.pid] = &place->second;
}

ChildRow* Children::find(std::string_view name) {
  const auto place = rows_.find(name);
  return place == rows_.end() ? nullptr : &place->second;
}

ChildRow* Children::find_living(pid_t pid) {
  const auto place = by_pid_.find(pid);
  return place == by_pid_.end() ? nullptr : place->second;
}

void Children::exited(ChildRow& row, ChildExit exit) {
  row.facts.exit = exit;
  row.pidfd.reset();
  by_pid_.erase(row.facts.pid);
}

void Children::goes_on(ChildRow& row) {
  by_pid_.erase(row.facts.pid);
  row.facts.group = row.facts.process_group();
  row.facts.pid = row.heir->pid;
  row.facts.start_ticks = row.heir->start_ticks;
  row.pidfd = std::move(row.heir->pidfd);
  row.heir.reset();
  by_pid_[row.facts.pid] = &row;
}

bool Children::forget(std::string_view name) {
  const auto place = rows_.find(name);
  if (place == rows_.end() || place->second.lives()) return false;
  rows_.erase(place);
  return true;
}

}  // namespace supervisord::keeper
