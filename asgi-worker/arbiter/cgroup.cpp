#include "asgi-worker/arbiter/cgroup.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <utility>

namespace asgi_worker::arbiter {
namespace {

constexpr const char* mount = "/sys/fs/cgroup";

std::string contents(const std::string& path) {
  const std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? std::optional{value} : std::nullopt;
}

int affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));  // over 1,024 CPUs
}

/// The least of all limits from the group up to the root; in a container the group is the root.
std::optional<int> quota() {
  std::optional<int> least;
  const auto take = [&](const std::optional<int>& cpus) {
    if (cpus && (!least || *cpus < *least)) least = cpus;
  };
  std::string path = group_path(contents("/proc/self/cgroup")).value_or("/");
  for (;;) {
    take(cpus_of_quota(contents(mount + path + "/cpu.max")));
    if (path.empty() || path == "/") break;
    path.resize(path.rfind('/'));
  }
  const auto own = group_path(contents("/proc/self/cgroup"), "cpu").value_or("");
  for (const auto& group : {own, std::string{}}) {
    const auto v1 = std::string{mount} + "/cpu" + group + "/cpu.cfs_";
    take(cpus_of_quota(contents(v1 + "quota_us") + " " + contents(v1 + "period_us")));
  }
  return least;
}

}  // namespace

std::optional<int> cpus_of_quota(std::string_view cpu_max) {
  const auto quota = number(cpu_max);  // none for "max", and for v1's -1
  const auto space = cpu_max.find_first_of(" \n");
  if (!quota || space == std::string_view::npos) return std::nullopt;
  const auto digits = cpu_max.find_first_of("0123456789", space);
  if (digits == std::string_view::npos) return std::nullopt;
  const auto period = number(cpu_max.substr(digits));
  if (!period || *period == 0) return std::nullopt;
  return static_cast<int>(std::max<std::uint64_t>(1, (*quota + *period - 1) / *period));
}

std::optional<std::uint64_t> number_after(std::string_view text, std::string_view word) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    if (line.starts_with(word) && line.size() > word.size() && line[word.size()] == ' ')
      return number(line.substr(word.size() + 1));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return std::nullopt;
}

std::optional<std::string> group_path(std::string_view proc_cgroup, std::string_view controller) {
  while (!proc_cgroup.empty()) {
    const auto line = proc_cgroup.substr(0, proc_cgroup.find('\n'));
    const auto first = line.find(':');
    const auto second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second != line.npos) {
      const auto controllers = "," + std::string{line.substr(first + 1, second - first - 1)} + ",";
      if (controllers.find("," + std::string{controller} + ",") != std::string::npos)
        return std::string{line.substr(second + 1)};
    }
    proc_cgroup.remove_prefix(std::min(proc_cgroup.size(), line.size() + 1));
  }
  return std::nullopt;
}

int usable_cpus() { return std::min(affinity(), quota().value_or(1 << 20)); }

MemoryKills::MemoryKills() {
  const std::string groups = contents("/proc/self/cgroup");
  const std::string v2 = mount + group_path(groups).value_or("");
  const std::string v1 = std::string{mount} + "/memory" + group_path(groups, "memory").value_or("");
  // In a container the group's path may be one of the host's, and the group the root.
  for (const std::string& file :
       {v2 + "/memory.events", std::string{mount} + "/memory.events", v1 + "/memory.oom_control",
        std::string{mount} + "/memory/memory.oom_control"}) {
    if (!number_after(contents(file), "oom_kill")) continue;
    file_ = file;
    break;
  }
  seen_ = read();
}

std::uint64_t MemoryKills::read() const {
  return file_.empty() ? 0 : number_after(contents(file_), "oom_kill").value_or(0);
}

bool MemoryKills::any_new() {
  const auto before = std::exchange(seen_, read());
  return seen_ > before;
}

}  // namespace asgi_worker::arbiter
