// The way of the keeper's answers to the process that each is about, and of its notes to the log.
// Owned by the daemon, on its loop.
#pragma once

#include <set>
#include <string>

#include "supervisord/keeper/messages.hpp"
#include "supervisord/process/table.hpp"
#include "supervisord/spawner/launcher.hpp"

namespace supervisord {

class KeeperAnswers {
 public:
  /// Both outlive this.
  KeeperAnswers(process::Table& table, spawner::Launcher& keeper)
      : table_{table}, keeper_{keeper} {}

  /// Children that no process stands for: forgotten as they end.
  void set_strays(std::set<std::string> names) { strays_ = std::move(names); }
  /// This outlives them.
  spawner::LaunchHandlers handlers();

  static void log_note(keeper::NoteLevel level, const std::string& text);

 private:
  void on_exited(const spawner::Exited& exited);

  process::Table& table_;
  spawner::Launcher& keeper_;
  std::set<std::string> strays_;
};

}  // namespace supervisord
