// Whom the stop of a process reaches beyond its child: what the child's descendants are, found by
// process group, by parent, and, for those whose parents have ended, by the mark of this run in
// their environment. Pure but for the two interfaces, whose real forms are in tree_proc.
//
// Not found: a descendant whose parents ended before the stop began and that changed both group
// and environment. Only a cgroup knows of it (docs/protocols/keeper.md).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/unique_fd.hpp"

namespace supervisord::process {

struct ProcessFacts {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t process_group = 0;
  std::uint64_t start_ticks = 0;  // with the pid, unique for a boot
  bool is_zombie = false;

  friend bool operator==(const ProcessFacts&, const ProcessFacts&) = default;
};

class ProcView {
 public:
  virtual ~ProcView() = default;
  virtual std::vector<ProcessFacts> processes() = 0;
  /// "KEY=VALUE" and a zero byte each; "" when it may not be seen.
  virtual std::string environment(pid_t pid) = 0;
};

class ProcSignals {
 public:
  virtual ~ProcSignals() = default;
  /// To that very process: nothing happens when another has its pid now.
  virtual void send(const ProcessFacts& to, int number) = 0;
  /// Readable when that process has ended; none when it has already.
  virtual common::UniqueFd handle(const ProcessFacts& of) = 0;
};

/// One run of a child.
struct TreeRun {
  pid_t child = 0;  // also its process group
  bool child_lives = false;
  pid_t keeper = 0;  // the parent of orphans
  std::string mark;  // "SUPERVISOR_RUN=..."; "" when the run has none
};

/// The tree of `run` among `all`, the child itself not counted; `known` were in it before.
std::vector<ProcessFacts> tree_of(const std::vector<ProcessFacts>& all, const TreeRun& run,
                                  const std::vector<ProcessFacts>& known, ProcView& view);

/// Whether that very process is in the list.
bool contains(const std::vector<ProcessFacts>& list, const ProcessFacts& process);

/// Stops each (SIGSTOP; the child too, while it lives), looks again until there is nobody new, and
/// kills them all (but the child). How many.
std::size_t kill_tree(ProcView& view, ProcSignals& signals, const TreeRun& run,
                      std::vector<ProcessFacts> known);

}  // namespace supervisord::process
