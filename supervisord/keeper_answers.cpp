#include "supervisord/keeper_answers.hpp"

#include "common/log.hpp"

namespace supervisord {
namespace {

using common::Level;
using process::Process;

Level level_of(keeper::NoteLevel level) {
  switch (level) {
    case keeper::NoteLevel::debug: return Level::debug;
    case keeper::NoteLevel::info: return Level::info;
    case keeper::NoteLevel::warn: return Level::warn;
    case keeper::NoteLevel::error: return Level::error;
    case keeper::NoteLevel::critical: return Level::critical;
  }
  return Level::info;
}

}  // namespace

spawner::LaunchHandlers KeeperAnswers::handlers() {
  const auto to_process = [this](auto on_answer) {
    return [this, on_answer](const auto& answer) {
      if (Process* const process = table_.find(answer.name)) (process->*on_answer)(answer);
    };
  };
  return {.spawned = to_process(&Process::on_spawned),
          .spawn_failed = to_process(&Process::on_spawn_failed),
          .exited = [this](const spawner::Exited& exited) { on_exited(exited); },
          .signal_failed = to_process(&Process::on_signal_failed),
          .went_on = to_process(&Process::on_went_on)};
}

void KeeperAnswers::on_exited(const spawner::Exited& exited) {
  Process* const process = table_.find(exited.name);
  if (strays_.erase(exited.name) > 0 || process == nullptr) {
    keeper_.forget(exited.name);
  } else {
    process->on_exited(exited);
  }
}

void KeeperAnswers::log_note(keeper::NoteLevel level, const std::string& text) {
  common::log(level_of(level), text);
}

}  // namespace supervisord
