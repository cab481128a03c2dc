#include "supervisord/keeper/before_exec.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "supervisord/keeper/raw_call.hpp"

namespace supervisord::keeper {
namespace {

constexpr unsigned unshare_flag = 1U << 1;  // CLOSE_RANGE_UNSHARE; Linux 5.9

template <class T>
SUPERVISOR_NO_SANITIZE long address(T* pointer) {
  return reinterpret_cast<long>(pointer);
}

SUPERVISOR_NO_SANITIZE bool fail(ChildArgs* args, Step step, long result, std::size_t index = 0) {
  args->error = static_cast<int>(-result);
  args->step = step;
  args->index = index;
  return false;
}

// Until here the child looks at the parent's own table of descriptors. A copy of all of it, and the
// closing of all that is in it, would cost more with each program that runs; of its low end they
// cost nothing.
SUPERVISOR_NO_SANITIZE bool take_own_table(ChildArgs* args) {
  if (args->shared_above == 0) return true;
  if (raw(SYS_close_range, args->shared_above, ~0U, unshare_flag) == 0) return true;
  const long result = raw(SYS_unshare, CLONE_FILES);
  return result == 0 || fail(args, Step::close, result);
}

// Sources first go above all targets, since 3..n may be both.
SUPERVISOR_NO_SANITIZE bool place_descriptors(ChildArgs* args) {
  for (std::size_t i = 0; i < args->targets_count; ++i) {
    if (args->sources[i] >= args->first_spare) continue;
    const long moved = raw(SYS_fcntl, args->sources[i], F_DUPFD, args->first_spare);
    if (moved < 0) return fail(args, Step::dup2, moved, i);
    args->sources[i] = static_cast<int>(moved);
  }
  for (std::size_t i = 0; i < args->targets_count; ++i) {
    const long placed = raw(SYS_dup3, args->sources[i], args->targets[i], 0);
    if (placed < 0) return fail(args, Step::dup2, placed, i);
  }
  return true;
}

// Where close_range is missing (Linux before 5.9) or a sandbox refuses it.
SUPERVISOR_NO_SANITIZE bool close_one_by_one(ChildArgs* args) {
  static constexpr char path[] = "/proc/self/fd";
  const long folder = raw(SYS_openat, AT_FDCWD, address(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return fail(args, Step::close, folder);
  alignas(8) char entries[2048];
  for (;;) {
    const long size = raw(SYS_getdents64, folder, address(entries), sizeof entries);
    if (size < 0) return fail(args, Step::close, size);
    if (size == 0) break;
    for (long at = 0; at < size;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(entries + at);
      at += entry->d_reclen;
      unsigned number = 0;
      const char* digit = entry->d_name;
      for (; *digit >= '0' && *digit <= '9'; ++digit)
        number = number * 10 + static_cast<unsigned>(*digit - '0');
      if (*digit != '\0' || number == static_cast<unsigned>(folder)) continue;
      for (std::size_t i = 0; i < args->gaps_count; ++i) {
        if (number >= args->gaps[i].first && number <= args->gaps[i].last) raw(SYS_close, number);
      }
    }
  }
  raw(SYS_close, folder);
  return true;
}

// Not left to close-on-exec: this process goes on before the kernel gets to that, and a descriptor
// that it closes would go on firing in its epoll.
SUPERVISOR_NO_SANITIZE bool close_others(ChildArgs* args) {
  for (std::size_t i = 0; i < args->gaps_count; ++i) {
    if (raw(SYS_close_range, args->gaps[i].first, args->gaps[i].last, 0) == 0) continue;
    return close_one_by_one(args);
  }
  return true;
}

SUPERVISOR_NO_SANITIZE bool limit(ChildArgs* args) {
  for (std::size_t i = 0; i < args->limits_count; ++i) {
    const KernelLimit& wanted = args->limits[i];
    const long result = raw(SYS_prlimit64, 0, wanted.resource, address(wanted.values), 0);
    if (result != 0) return fail(args, Step::setrlimit, result, i);
  }
  return true;
}

// Raw calls: glibc's own would try to reach all threads of what it takes for this process.
SUPERVISOR_NO_SANITIZE bool change_identity(ChildArgs* args) {
  if (!args->has_identity) return true;
  long result = raw(SYS_setgroups, static_cast<long>(args->groups_count), address(args->groups));
  if (result != 0) {
    // Without root it is the user that cannot be had, and that is what a person reads.
    return fail(args, raw(SYS_geteuid) == 0 ? Step::setgroups : Step::setuid, result);
  }
  result = raw(SYS_setgid, args->gid);
  if (result != 0) return fail(args, Step::setgid, result);
  result = raw(SYS_setuid, args->uid);
  return result == 0 || fail(args, Step::setuid, result);
}

// After the change of user, which clears it.
SUPERVISOR_NO_SANITIZE bool tie_to_keeper(ChildArgs* args) {
  if (args->die_with == 0) return true;
  const long result = raw(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  if (result != 0) return fail(args, Step::prctl, result);
  if (raw(SYS_getppid) == args->die_with) return true;
  return fail(args, Step::prctl, -ESRCH);  // it died before the request
}

// Behind "LISTEN_PID=" in its environment: nobody else knows the pid before the exec.
SUPERVISOR_NO_SANITIZE void write_pid(char* to) {
  if (to == nullptr) return;
  const long pid = raw(SYS_getpid);
  long unit = 1;
  while (pid / unit >= 10) unit *= 10;
  for (; unit > 0; unit /= 10) *to++ = static_cast<char>('0' + pid / unit % 10);
  *to = '\0';
}

struct KernelAction {  // as rt_sigaction has it; SIG_DFL with no flags is all zeros
  unsigned long words[4] = {0, 0, 0, 0};
};

SUPERVISOR_NO_SANITIZE void reset_signals() {
  const KernelAction default_action;
  const std::uint64_t none = 0;
  raw(SYS_rt_sigaction, SIGPIPE, address(&default_action), 0, sizeof none);
  raw(SYS_rt_sigaction, SIGXFSZ, address(&default_action), 0, sizeof none);
  raw(SYS_rt_sigprocmask, SIG_SETMASK, address(&none), 0, sizeof none);
}

SUPERVISOR_NO_SANITIZE bool prepare(ChildArgs* args) {
  if (!take_own_table(args)) return false;
  if (const long result = raw(SYS_setpgid); result != 0) return fail(args, Step::setpgid, result);
  if (!place_descriptors(args) || !close_others(args) || !limit(args) || !change_identity(args))
    return false;
  if (!tie_to_keeper(args)) return false;
  if (args->directory != nullptr) {
    const long result = raw(SYS_chdir, address(args->directory));
    if (result != 0) return fail(args, Step::chdir, result);
  }
  if (args->has_umask) raw(SYS_umask, args->umask);
  write_pid(args->pid_text);
  return true;
}

}  // namespace

const char* step_name(Step step) {
  switch (step) {
    case Step::none: return "fork";
    case Step::setpgid: return "setpgid";
    case Step::prctl: return "prctl";
    case Step::dup2: return "dup2";
    case Step::close: return "close";
    case Step::setrlimit: return "setrlimit";
    case Step::setgroups: return "setgroups";
    case Step::setgid: return "setgid";
    case Step::setuid: return "setuid";
    case Step::chdir: return "chdir";
    case Step::exec: return "exec";
  }
  return "";
}

SUPERVISOR_NO_SANITIZE int child(void* pointer) {
  auto* const args = static_cast<ChildArgs*>(pointer);
  if (prepare(args)) {
    reset_signals();
    fail(args, Step::exec,
         raw(SYS_execve, address(args->path), address(args->argv), address(args->environment)));
  }
  for (;;) raw(SYS_exit_group, 127);
}

}  // namespace supervisord::keeper
