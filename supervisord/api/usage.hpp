// What processes use: CPU time and memory, each with all its descendants, from one look at /proc.
// read_proc() asks the machine, and takes milliseconds where many processes run: not on the
// daemon's loop. usage_of() is pure.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace supervisord::api {

struct Usage {
  std::chrono::microseconds cpu{0};  // user and system, of those that run now
  std::uint64_t memory_bytes = 0;    // resident; what several share counts for each
  std::uint32_t processes = 0;
};

/// A row of /proc as far as it is needed.
struct ProcRow {
  pid_t pid = 0;
  pid_t parent = 0;
  std::chrono::microseconds cpu{0};
  std::uint64_t memory_bytes = 0;
};

std::vector<ProcRow> read_proc();
/// Of each of `roots` that is there: its own and that of what descends from it, but not from
/// another root. Pure.
std::map<pid_t, Usage> usage_of(std::span<const ProcRow> rows, std::span<const pid_t> roots);

}  // namespace supervisord::api
