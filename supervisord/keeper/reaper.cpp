#include "supervisord/keeper/reaper.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace supervisord::keeper {
namespace {

// linux/pidfd.h of 6.15; older headers lack it.
struct PidfdInfo {
  std::uint64_t mask = 0;
  std::uint64_t cgroup = 0;
  std::uint32_t ids[11] = {};
  std::int32_t exit_code = 0;  // as waitpid gives it
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr std::uint64_t info_exit = 8;
constexpr unsigned long get_info = _IOWR(0xFF, 11, PidfdInfo);

bool has_ended(int pidfd) {
  pollfd ask{pidfd, POLLIN, 0};
  return ::poll(&ask, 1, 0) > 0;
}

}  // namespace

std::optional<Reaped> reap_one(pid_t which) {
  for (;;) {
    Reaped one;
    one.pid = ::waitpid(which, &one.status, WNOHANG);
    if (one.pid > 0) return one;
    if (one.pid == 0 || errno != EINTR) return std::nullopt;
  }
}

AdoptedEnd look_at_adopted(int pidfd) {
  if (!has_ended(pidfd)) return {};
  PidfdInfo info;
  info.mask = info_exit;
  if (::ioctl(pidfd, get_info, &info) != 0)
    return {AdoptedState::forgotten, {0, false}};  // before 6.13, or nothing kept
  if ((info.mask & info_exit) != 0) return {AdoptedState::forgotten, {info.exit_code, true}};
  return {AdoptedState::ended, {}};
}

int send_signal(const ChildRow& row, int number, bool process_group) {
  if (!row.lives()) {
    // The number stays theirs as long as one of them is in the group, and this row ends soon.
    if (!process_group || !row.group_left) return ESRCH;
    return ::kill(-row.facts.process_group(), number) == 0 ? 0 : errno;
  }
  if (process_group) {
    // An adopted one's pid is no longer kept from others by a zombie of ours.
    if (row.adopted && has_ended(row.pidfd.get())) return ESRCH;
    return ::kill(-row.facts.process_group(), number) == 0 ? 0 : errno;
  }
  return ::syscall(SYS_pidfd_send_signal, row.pidfd.get(), number, nullptr, 0) == 0 ? 0 : errno;
}

}  // namespace supervisord::keeper
