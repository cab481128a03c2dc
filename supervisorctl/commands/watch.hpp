// The processes as they change, told by the daemon: `status --watch` and `top`.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "supervisor/v1/process.pb.h"
#include "supervisorctl/command.hpp"
#include "supervisorctl/interrupt.hpp"

namespace supervisorctl {

/// A row and when it came: its uptime goes on from there.
struct SeenProcess {
  v1::Process process;
  std::chrono::steady_clock::time_point at;
};

/// Follows WatchProcesses on a thread of its own, across daemons that are replaced, until Ctrl-C.
/// The client is cancelled when it is destroyed.
class Watch {
 public:
  enum class Wanted { rows, changes };
  Watch(Session& session, Wanted wanted);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  enum class News { change, none, ended };
  /// Waits for the next change, or so long.
  News wait(std::chrono::milliseconds limit);
  /// By group and name.
  std::vector<SeenProcess> all() const;
  /// What the last wait() was about, all at first; where changes are wanted.
  std::vector<SeenProcess> changed();
  /// Why it ended, when that was not Ctrl-C.
  std::optional<Failure> failure() const;

 private:
  void follow();
  void take(const v1::WatchProcessesResponse& response);

  using Key = std::pair<std::string, std::string>;  // group, name

  Session& session_;
  Wanted wanted_;
  mutable std::mutex mutex_;  // guards what follows, up to the thread
  std::condition_variable news_;
  std::map<Key, SeenProcess> processes_;
  std::vector<SeenProcess> changed_;
  bool has_news_ = false;
  bool ended_ = false;
  std::optional<Failure> failure_;
  OnInterrupt on_interrupt_;
  std::thread thread_;
};

/// The alternate screen of a terminal, without a cursor and with long lines cut, until it is
/// destroyed.
class FullScreen {
 public:
  explicit FullScreen(Session& session);
  ~FullScreen();
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;
  static constexpr std::chrono::milliseconds between_draws{100};  // however fast news come
  /// Shows the lines that there is room for above `footer`, behind which stand how many there is
  /// none for, and how it ends.
  void draw(const std::string& text, const std::string& footer) const;

 private:
  Session& session_;
};

/// status --watch.
void watch_status(Session& session, const Given& given);
/// Whether a name or pattern, as status takes them, means this process.
bool is_meant_by(const std::string& text, const v1::Process& process);

}  // namespace supervisorctl
