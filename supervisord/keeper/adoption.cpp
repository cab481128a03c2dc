#include "supervisord/keeper/adoption.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace supervisord::keeper {
namespace {

using common::UniqueFd;

std::string read_small(const std::string& path) {
  const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  char bytes[1024];
  const ssize_t size = fd ? ::read(fd.get(), bytes, sizeof bytes) : -1;
  return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string{};
}

bool is_the_same(const ChildFacts& facts, int pidfd) {
  const auto stat = read_proc_stat(facts.pid);
  return stat && stat->start_ticks == facts.start_ticks && stat->state != 'Z' &&
         stat->state != 'X' && pidfd_inode(pidfd) == facts.pidfd_inode &&
         ::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0) == 0;
}

// The end that the dead keeper's side had. Not when the program has put something else there.
UniqueFd open_other_end(pid_t pid, const ChildFacts::PipeEnd& pipe) {
  const std::string path = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(pipe.target);
  struct stat facts {};
  const auto is_that_pipe = [&] { return S_ISFIFO(facts.st_mode) && facts.st_ino == pipe.inode; };
  if (::stat(path.c_str(), &facts) != 0 || !is_that_pipe()) return {};
  UniqueFd fd{
      ::open(path.c_str(), (pipe.target == 0 ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_CLOEXEC)};
  if (!fd || ::fstat(fd.get(), &facts) != 0 || !is_that_pipe()) return {};
  return fd;
}

}  // namespace

// pid (name) state ppid ...: the name ends at the last ')', the state is field 3.
std::optional<ProcStat> parse_proc_stat(std::string_view text) {
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos || text.size() < name_end + 3) return std::nullopt;
  text.remove_prefix(name_end + 2);
  ProcStat stat{text[0], 0};
  for (int field = 3; field < 22; ++field) {
    const auto blank = text.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    text.remove_prefix(blank + 1);
  }
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), stat.start_ticks);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return stat;
}

std::optional<ProcStat> read_proc_stat(pid_t pid) {
  return parse_proc_stat(read_small("/proc/" + std::to_string(pid) + "/stat"));
}

ChildFacts facts_of(const std::string& name, pid_t pid, int pidfd, std::span<const int> fds,
                    std::span<const int> targets) {
  ChildFacts facts;
  facts.name = name;
  facts.pid = pid;
  if (const auto stat = read_proc_stat(pid)) facts.start_ticks = stat->start_ticks;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  facts.started_at_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  facts.pidfd_inode = pidfd_inode(pidfd);
  for (std::size_t i = 0; i < fds.size() && i < targets.size(); ++i) {
    struct stat end {};
    if (::fstat(fds[i], &end) == 0 && S_ISFIFO(end.st_mode))
      facts.pipes.push_back({targets[i], end.st_ino});
  }
  return facts;
}

std::uint64_t pidfd_inode(int pidfd) {
  struct stat facts {};
  return ::fstat(pidfd, &facts) == 0 ? facts.st_ino : 0;
}

// The pidfd first: what it names cannot become another.
std::optional<Heir> find_heir(const ChildFacts& child, pid_t pid) {
  if (pid <= 0 || pid == child.pid) return std::nullopt;
  Heir heir{pid, 0, UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}};
  if (!heir.pidfd || ::getpgid(pid) != child.process_group()) return std::nullopt;
  const auto stat = read_proc_stat(pid);
  if (!stat || ::syscall(SYS_pidfd_send_signal, heir.pidfd.get(), 0, nullptr, 0) != 0)
    return std::nullopt;
  heir.start_ticks = stat->start_ticks;
  return heir;
}

ChildRow adopt(ChildFacts facts) {
  ChildRow row;
  row.adopted = true;
  if (!facts.exit && facts.pid > 0) {
    row.pidfd = UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, facts.pid, 0))};
    if (row.pidfd && !is_the_same(facts, row.pidfd.get())) row.pidfd.reset();
  }
  if (!row.pidfd) {
    if (!facts.exit) facts.exit = ChildExit{0, false};
    row.facts = std::move(facts);
    return row;
  }
  std::vector<std::uint64_t> opened;  // stdout and stderr may be one pipe
  for (const auto& pipe : facts.pipes) {
    if (std::find(opened.begin(), opened.end(), pipe.inode) != opened.end()) continue;
    UniqueFd fd = open_other_end(facts.pid, pipe);
    if (!fd) continue;
    opened.push_back(pipe.inode);
    row.recovered.push_back({pipe.target, std::move(fd)});
  }
  row.facts = std::move(facts);
  return row;
}

std::string boot_id() { return read_small("/proc/sys/kernel/random/boot_id"); }

}  // namespace supervisord::keeper
