// All groups and processes, by name and in order of priority. Owned by the daemon; everything on
// its loop. The order of groups is Supervisor's: (priority, name).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisord/process/process.hpp"

namespace supervisord::process {

class Group {
 public:
  Group(config::GroupSpec spec, Surroundings& surroundings);

  const config::GroupSpec& spec() const { return spec_; }
  const std::string& name() const { return spec_.name; }
  /// In configuration order.
  const std::vector<std::unique_ptr<Process>>& processes() const { return processes_; }
  Process* find(std::string_view process) const;
  /// Ascending by the processes' own priority, else as configured: the order of start and stop.
  std::vector<Process*> by_priority() const;
  bool is_down() const;
  /// What its processes share; null when it is no [fcgi-program:x].
  FcgiSocket* socket() const { return socket_.get(); }

 private:
  config::GroupSpec spec_;
  std::unique_ptr<FcgiSocket> socket_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::map<std::string, Process*, std::less<>> by_name_;  // the same ones, by their own names
};

/// Whose output a stream of Logs is.
struct StreamOwner {
  Process* process = nullptr;
  bool is_stderr = false;
};

class Table {
 public:
  const std::vector<std::unique_ptr<Group>>& groups() const { return groups_; }
  Group* find_group(std::string_view name) const;
  /// "web" is process web of group web; "group:web" as it says. None: null.
  Process* find(std::string_view name) const;
  /// None: nothing.
  std::optional<StreamOwner> owner_of(std::string_view stream) const;
  /// Errors: none; a group of that name must not be there.
  Group& add(std::unique_ptr<Group> group);
  /// Takes it out, for the caller to retire.
  std::unique_ptr<Group> take(std::string_view name);
  /// Every process, by group and configuration order.
  std::vector<Process*> all() const;
  bool is_down() const;

 private:
  std::vector<std::unique_ptr<Group>> groups_;          // in order
  std::map<std::string, Group*, std::less<>> by_name_;  // the same ones
};

/// A [socket:x] of groups in force.
struct SocketUse {
  std::string name;
  std::string url;
  std::vector<std::string> programs;  // that have it, each once
};
std::vector<SocketUse> socket_uses(const Table& table);

}  // namespace supervisord::process
