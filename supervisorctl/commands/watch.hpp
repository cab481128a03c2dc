// The processes as they change, told by the daemon: `status --watch` and `top`.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
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
  explicit Watch(Session& session);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  enum class News { change, none, ended };
  /// Waits for the next change, or so long.
  News wait(std::chrono::milliseconds limit);
  /// By group and name. `changed`: those that the last wait() was about; all at first.
  std::vector<SeenProcess> all() const;
  std::vector<SeenProcess> changed();
  /// Why it ended, when that was not Ctrl-C.
  std::optional<Failure> failure() const;

 private:
  void follow();
  void take(const v1::WatchProcessesResponse& response);

  Session& session_;
  mutable std::mutex mutex_;  // guards what follows, up to the thread
  std::condition_variable news_;
  std::vector<SeenProcess> processes_;
  std::vector<SeenProcess> changed_;
  bool has_news_ = false;
  bool ended_ = false;
  std::optional<Failure> failure_;
  OnInterrupt on_interrupt_;
  std::thread thread_;
};

/// The alternate screen of a terminal, without a cursor, until it is destroyed.
class FullScreen {
 public:
  explicit FullScreen(Session& session);
  ~FullScreen();
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;
  /// Shows the lines that there is room for.
  void draw(const std::string& text) const;

 private:
  Session& session_;
};

/// status --watch.
void watch_status(Session& session, const Given& given);
/// Whether a name or pattern, as status takes them, means this process.
bool is_meant_by(const std::string& text, const v1::Process& process);

}  // namespace supervisorctl
