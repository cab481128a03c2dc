// What the kernel grants this process: CPUs, by affinity and control group, and whether somebody in
// its group was killed for want of memory. The parsers are pure; the readers open files of /proc
// and /sys. Sources: sched_getaffinity(2), cgroup v2 and v1 documents of the kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace asgi_worker::arbiter {

/// CPUs that "cpu.max" leaves, rounded up; none for no limit. "150000 100000" -> 2.
std::optional<int> cpus_of_quota(std::string_view cpu_max);
/// The number behind a word in a file of "word number" lines.
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view word);
/// The path of the group, from /proc/self/cgroup: in hierarchy v2 ("0::/a/b" -> "/a/b"), or in the
/// one of a controller of v1 ("4:cpu,cpuacct:/a").
std::optional<std::string> group_path(std::string_view proc_cgroup,
                                      std::string_view controller = "");

/// How many CPUs this process may use, at least 1.
int usable_cpus();

/// Counts the kernel's kills in this process's control group.
class MemoryKills {
 public:
  MemoryKills();
  /// Whether there were any since the last look.
  bool any_new();

 private:
  std::uint64_t read() const;
  std::string file_;  // "" where there is none
  std::uint64_t seen_ = 0;
};

}  // namespace asgi_worker::arbiter
