#include "supervisord/api/usage.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "common/unique_fd.hpp"

namespace supervisord::api {
namespace {

/// proc(5), /proc/PID/stat: what stands behind the name, which may hold anything.
std::optional<ProcRow> row_of(pid_t pid, const char* stat_behind_name) {
  static const long ticks = ::sysconf(_SC_CLK_TCK);
  static const long page = ::sysconf(_SC_PAGESIZE);
  int parent = 0;
  unsigned long user = 0;
  unsigned long system = 0;
  long pages = 0;
  const int got = std::sscanf(stat_behind_name,
                              " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d "
                              "%*d %*d %*u %*u %ld",
                              &parent, &user, &system, &pages);
  if (got != 4) return std::nullopt;
  const auto cpu = (user + system) * 1'000'000 / static_cast<unsigned long>(ticks);
  return ProcRow{pid, parent, std::chrono::microseconds{cpu},
                 static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page)};
}

std::optional<ProcRow> read_row(int proc, pid_t pid) {
  const std::string path = std::to_string(pid) + "/stat";
  const common::UniqueFd file{::openat(proc, path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return std::nullopt;  // it has ended meanwhile
  char text[1024];
  const ssize_t size = ::read(file.get(), text, sizeof text - 1);
  if (size <= 0) return std::nullopt;
  const std::string_view all{text, static_cast<std::size_t>(size)};
  const auto name_end = all.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  text[size] = '\0';
  return row_of(pid, text + name_end + 1);
}

}  // namespace

std::vector<ProcRow> read_proc() {
  const std::unique_ptr<DIR, int (*)(DIR*)> proc{::opendir("/proc"), ::closedir};
  std::vector<ProcRow> rows;
  if (!proc) return rows;
  while (const dirent* const entry = ::readdir(proc.get())) {
    const std::string_view name = entry->d_name;
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc{} || end != name.data() + name.size()) continue;
    if (auto row = read_row(::dirfd(proc.get()), pid)) rows.push_back(*row);
  }
  return rows;
}

std::map<pid_t, Usage> usage_of(std::span<const ProcRow> rows, std::span<const pid_t> roots) {
  std::unordered_map<pid_t, pid_t> parents;
  for (const ProcRow& row : rows) parents[row.pid] = row.parent;
  const std::unordered_set<pid_t> wanted{roots.begin(), roots.end()};
  // The nearest ancestor that is a root; a parent may have ended between two looks.
  const auto root_of = [&](pid_t pid) -> pid_t {
    for (std::size_t steps = 0; steps <= rows.size(); ++steps) {
      if (wanted.contains(pid)) return pid;
      const auto parent = parents.find(pid);
      if (parent == parents.end()) return 0;
      pid = parent->second;
    }
    return 0;
  };
  std::map<pid_t, Usage> out;
  for (const ProcRow& row : rows) {
    const pid_t root = root_of(row.pid);
    if (root == 0) continue;
    Usage& usage = out[root];
    usage.cpu += row.cpu;
    usage.memory_bytes += row.memory_bytes;
    ++usage.processes;
  }
  return out;
}

}  // namespace supervisord::api
