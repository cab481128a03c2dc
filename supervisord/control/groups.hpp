// The groups in force: made from specs, held by the keeper as they are, taken over, removed.
// Owned by the daemon; on its loop.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "supervisord/config/config.hpp"
#include "supervisord/process/table.hpp"

namespace supervisord::control {

class Groups {
 public:
  Groups(process::Table& table, process::Surroundings& surroundings)
      : table_{table}, surroundings_{surroundings} {}

  /// Puts the group into force and starts what starts by itself. It must not be there.
  void add(const config::GroupSpec& spec);
  /// As add(), with nothing started: for what an earlier daemon left.
  process::Group& restore(const config::GroupSpec& spec);
  /// Starts what has never been started and starts by itself.
  static void autostart(process::Group& group);
  /// Takes it out of force and forgets its processes. It is down. Its objects go at the end of the
  /// loop's turn.
  void remove(std::string_view name);
  /// The specs in force, by (priority, name).
  std::vector<config::GroupSpec> specs() const;

 private:
  process::Table& table_;
  process::Surroundings& surroundings_;
};

}  // namespace supervisord::control
