// The groups in force: made from specs, held by the keeper as they are, taken over, removed.
// Owned by the daemon; on its loop.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "supervisord/config/config.hpp"
#include "supervisord/process/table.hpp"

namespace supervisord::control {

/// Who hears of groups. Each may be empty.
struct GroupHandlers {
  std::function<void(const config::GroupSpec&)> made;  // added or restored, nothing is started yet
  std::function<void(const std::string&)> added;       // and nothing is started yet
  std::function<void(const std::string&)> removed;     // it is out of force
};

enum class Autostart { now, later };

class Groups {
 public:
  Groups(process::Table& table, process::Surroundings& surroundings, GroupHandlers handlers = {})
      : table_{table}, surroundings_{surroundings}, handlers_{std::move(handlers)} {}

  /// Puts the group into force and starts what starts by itself (or leaves that to a later
  /// autostart()). It must not be there.
  void add(const config::GroupSpec& spec, Autostart when = Autostart::now);
  /// As add(), with nothing started: for what an earlier daemon left.
  process::Group& restore(const config::GroupSpec& spec);
  /// Starts what has never been started and starts by itself.
  static void autostart(process::Group& group);
  /// Takes it out of force and forgets its processes. It is down. Its objects go at the end of the
  /// loop's turn.
  void remove(std::string_view name);
  /// Opens the sockets of the groups in force, and closes all others.
  void settle_sockets();
  /// The specs in force, by (priority, name).
  std::vector<config::GroupSpec> specs() const;

 private:
  void open_sockets(const process::Group& group);
  void close_unused_sockets();

  process::Table& table_;
  process::Surroundings& surroundings_;
  GroupHandlers handlers_;
};

}  // namespace supervisord::control
