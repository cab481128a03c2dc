// Finding the children of a keeper that was killed: the one that lives under a pid is the one that
// was written down only if its start time says so. And the facts that are written down.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "supervisord/keeper/children.hpp"

namespace supervisord::keeper {

struct ProcStat {
  char state = '?';
  std::uint64_t start_ticks = 0;
};
/// Pure: of what /proc/PID/stat says. A program's name may hold blanks and parentheses.
std::optional<ProcStat> parse_proc_stat(std::string_view text);
std::optional<ProcStat> read_proc_stat(pid_t pid);

/// What identifies a child just launched; `fds` went to `targets`.
ChildFacts facts_of(const std::string& name, pid_t pid, int pidfd, std::span<const int> fds,
                    std::span<const int> targets);
/// A process of the child's process group that it may go on as; none when it is no such one.
std::optional<Heir> find_heir(const ChildFacts& child, pid_t pid);
/// The inode that tells a pidfd's process from others.
std::uint64_t pidfd_inode(int pidfd);
/// The child again, living with its pipes' other ends, or ended with an unknown status.
ChildRow adopt(ChildFacts facts);
/// This boot's; "" where there is no /proc.
std::string boot_id();

}  // namespace supervisord::keeper
