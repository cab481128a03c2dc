// What a daemon makes of what the keeper handed over: groups and processes as they are, with their
// children, pipes and sockets. Used once, at the daemon's start; on its loop.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/held.hpp"
#include "common/log.hpp"
#include "supervisord/config/config.hpp"
#include "supervisord/control/groups.hpp"
#include "supervisord/log/logs.hpp"
#include "supervisord/process/table.hpp"
#include "supervisord/spawner/keeper_launcher.hpp"

namespace supervisord {

/// Takes the record of that key out of the list; none when it is not there.
std::optional<common::Held> take_record(std::vector<common::Held>& records, std::string_view key);
/// Takes all records whose key begins with `prefix`: what follows it -> the record.
std::map<std::string, common::Held> take_records(std::vector<common::Held>& records,
                                                 std::string_view prefix);

class Takeover {
 public:
  /// All outlive it.
  struct Parts {
    process::Table& table;
    control::Groups& groups;
    spawner::KeeperLauncher& keeper;
    log::Logs& logs;  // has taken its own records already
    process::ProgramSockets& sockets;
    const config::Config& config;
    const std::function<void(common::Level, const std::string&)>& report;
  };
  explicit Takeover(const Parts& parts) : parts_{parts} {}

  /// Consumes the snapshot's records and children. Starts nothing that had not been ordered.
  void run(spawner::Snapshot& snapshot);

  /// Children that no configured process stands for: asked to end. To be forgotten when they have.
  const std::set<std::string>& strays() const { return strays_; }
  /// The paths of all logs of what was taken over.
  const std::set<std::string>& logs_in_use() const { return logs_in_use_; }

 private:
  using Records = std::map<std::string, common::Held>;
  void inherit_sockets(Records sockets);
  void restore_groups(const Records& groups, const keeper::Welcome& welcome);
  void take_over(process::Process& process);
  void inherit_child(const std::string& key, process::Inheritance& inheritance);
  void end_strays();

  Parts parts_;
  Records states_;
  Records inputs_;
  Records notify_sockets_;
  std::map<std::string, spawner::Child> children_;
  std::set<std::string> strays_;
  std::set<std::string> logs_in_use_;
};

}  // namespace supervisord
