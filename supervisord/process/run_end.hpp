// How runs ended: the last few of one process, for whoever asks what happened. Pure; owned by the
// Process, so they go with it: when its daemon ends, or its group is made anew.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "supervisord/process/state_change.hpp"
#include "supervisord/process/status.hpp"

namespace supervisord::process {

/// The end of one run, or of an attempt at one.
struct RunEnd {
  WallTime at;
  pid_t pid = 0;                                 // 0: there was no process
  std::optional<int> wait_status;                // none: not known, or no process
  std::optional<std::chrono::milliseconds> ran;  // none: no process
  bool expected = false;                         // by exitcodes, of a run that was not stopped
  bool stopped = false;                          // it was told to stop
  std::string reason;  // "exit status 3", "exit status 1: Exited too quickly ...", or why there was
                       // no process

  friend bool operator==(const RunEnd&, const RunEnd&) = default;
};

/// What a change of state says of a run's end; none where it is not one.
std::optional<RunEnd> run_end_of(const StateChange& change, WallTime at);

class RunEnds {
 public:
  static constexpr std::size_t most = 10;
  void add(RunEnd end);
  /// Newest last.
  const std::vector<RunEnd>& all() const { return ends_; }

 private:
  std::vector<RunEnd> ends_;
};

}  // namespace supervisord::process
