// The daemon's own log file: whole lines appended, rotated as Supervisor does, reopened on SIGUSR2.
// Made in main and handed to common::set_up_log; write() comes from any thread, the rest is called
// on the daemon's loop.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "common/error.hpp"
#include "common/log.hpp"
#include "common/unique_fd.hpp"
#include "supervisord/log/target.hpp"

namespace supervisord::log {

struct MainLogHandlers {
  /// Another file is open: its descriptor is for the keeper ("main-log"). Not for the first one.
  std::function<void(int fd)> changed;
  /// A line was written, for those who follow. On the thread that logs; must not log.
  std::function<void()> written;
};

class MainLog : public common::LogOutput {
 public:
  /// /dev/stdout and its like are neither rotated nor reopened. Errors: errno of open.
  static common::Result<std::shared_ptr<MainLog>> open(const Target& target,
                                                       MainLogHandlers handlers = {});

  void write(std::string_view line) override;
  /// The descriptor now in use; it stays this object's.
  int fd() const { return fd_.get(); }
  /// Closes and opens by name; the old file stays in use when that fails. Errors: errno of open.
  common::Result<void> reopen();
  /// Deletes the file and starts it anew. Errors: Errc::missing (deleted already, or no file).
  common::Result<void> clear();

 private:
  MainLog(const Target& target, MainLogHandlers handlers)
      : target_{target}, handlers_{std::move(handlers)} {}
  common::Result<void> open_now();
  bool is_file() const;
  void rotate_if_due();

  const Target target_;
  const MainLogHandlers handlers_;
  mutable std::mutex mutex_;
  common::UniqueFd fd_;
  std::uint64_t full_at_ = 0;  // rises when a rotation fails; 0: never
};

}  // namespace supervisord::log
