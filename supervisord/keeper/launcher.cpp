#include "supervisord/keeper/launcher.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

// The child runs on the parent's memory: no shadow memory, no reports, no counters of its own.
#define SUPERVISOR_NO_SANITIZE __attribute__((no_sanitize("address", "undefined", "thread")))
#include "supervisord/keeper/pointers.hpp"

namespace supervisord::keeper {
namespace {

constexpr std::size_t stack_bytes = 64 * 1024;
constexpr std::size_t low_numbers = 32;     // for all that are on their way; most need three
constexpr unsigned unshare_flag = 1U << 1;  // CLOSE_RANGE_UNSHARE; Linux 5.9

enum class Step : int {
  none,
  setpgid,
  prctl,
  dup2,
  close,
  setrlimit,
  setgroups,
  setgid,
  setuid,
  chdir,
  exec
};

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

struct Gap {  // descriptor numbers, both ends included
  unsigned first = 0;
  unsigned last = 0;
};

struct KernelLimit {
  int resource = 0;
  std::uint64_t values[2] = {0, 0};  // as prlimit64 has them: soft, hard
};

// All that the child needs, and its answer. Plain values and pointers into the parent's memory.
struct ChildArgs {
  unsigned shared_above = 0;  // 0: the table is a copy already
  const char* path = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  int* sources = nullptr;
  const int* targets = nullptr;
  std::size_t targets_count = 0;
  int first_spare = 3;  // above every target
  const Gap* gaps = nullptr;
  std::size_t gaps_count = 0;
  const KernelLimit* limits = nullptr;
  std::size_t limits_count = 0;
  bool has_identity = false;
  uid_t uid = 0;
  gid_t gid = 0;
  const gid_t* groups = nullptr;
  std::size_t groups_count = 0;
  const char* directory = nullptr;
  bool has_umask = false;
  mode_t umask = 0;
  pid_t die_with = 0;        // 0: with nobody
  char* pid_text = nullptr;  // where its pid goes, in decimal; null: nowhere

  Step step = Step::none;
  std::size_t index = 0;  // which target, which limit
  int error = 0;
};

// The child runs beside its parent and on its memory, so on its errno too: a system call that goes
// past it, and answers -errno. Where it is not written down for the machine, the parent stands
// still until the exec instead.
#if defined(__x86_64__)
constexpr bool runs_beside = true;
SUPERVISOR_NO_SANITIZE long raw(long number, long a = 0, long b = 0, long c = 0, long d = 0,
                                long e = 0) {
  long result = number;
  register long fourth asm("r10") = d;
  register long fifth asm("r8") = e;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
               : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
constexpr bool runs_beside = true;
SUPERVISOR_NO_SANITIZE long raw(long number, long a = 0, long b = 0, long c = 0, long d = 0,
                                long e = 0) {
  register long which asm("x8") = number;
  register long result asm("x0") = a;
  register long second asm("x1") = b;
  register long third asm("x2") = c;
  register long fourth asm("x3") = d;
  register long fifth asm("x4") = e;
  asm volatile("svc 0"
               : "+r"(result)
               : "r"(which), "r"(second), "r"(third), "r"(fourth), "r"(fifth)
               : "memory");
  return result;
}
#else
constexpr bool runs_beside = false;
SUPERVISOR_NO_SANITIZE long raw(long number, long a = 0, long b = 0, long c = 0, long d = 0,
                                long e = 0) {
  const long result = ::syscall(number, a, b, c, d, e);
  return result < 0 ? -errno : result;
}
#endif

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

SUPERVISOR_NO_SANITIZE int child(void* pointer) {
  auto* const args = static_cast<ChildArgs*>(pointer);
  if (prepare(args)) {
    reset_signals();
    fail(args, Step::exec,
         raw(SYS_execve, address(args->path), address(args->argv), address(args->environment)));
  }
  for (;;) raw(SYS_exit_group, 127);
}

struct CloneArgs {  // linux/sched.h's clone_args as of 5.7; older headers lack its last field
  std::uint64_t flags = 0;
  std::uint64_t pidfd = 0;
  std::uint64_t child_tid = 0;
  std::uint64_t parent_tid = 0;
  std::uint64_t exit_signal = 0;
  std::uint64_t stack = 0;
  std::uint64_t stack_size = 0;
  std::uint64_t tls = 0;
  std::uint64_t set_tid = 0;
  std::uint64_t set_tid_size = 0;
  std::uint64_t cgroup = 0;
};
constexpr std::uint64_t clone_into_cgroup = 0x200000000;
// The kernel clears a word of ours when the child no longer runs on our memory.
constexpr int on_our_memory =
    CLONE_VM | CLONE_PIDFD | CLONE_CHILD_CLEARTID | (runs_beside ? 0 : CLONE_VFORK);

// clone() of glibc cannot say a cgroup, and clone3 comes back on the new stack, where there is
// nothing to return to: so the child calls its function at once, as glibc's own does. It never
// returns. -ENOSYS where this is not written down for the machine.
SUPERVISOR_NO_SANITIZE long clone3_and_call(const CloneArgs& clone_args, int (*function)(void*),
                                            void* argument) {
#if defined(__x86_64__)
  long result = SYS_clone3;
  register int (*called)(void*) asm("r12") = function;
  register void* passed asm("r13") = argument;
  asm volatile(
      "syscall\n\t"
      "testq %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xorl %%ebp, %%ebp\n\t"
      "movq %%r13, %%rdi\n\t"
      "callq *%%r12\n\t"
      "hlt\n"
      "1:"
      : "+a"(result)
      : "D"(&clone_args), "S"(sizeof clone_args), "r"(called), "r"(passed)
      : "rcx", "r11", "memory", "cc");
  return result;
#else
  (void)clone_args, (void)function, (void)argument;
  return -ENOSYS;
#endif
}

std::vector<Gap> gaps_between(std::vector<int> kept) {
  std::sort(kept.begin(), kept.end());
  std::vector<Gap> gaps;
  unsigned next = 3;
  for (const int fd : kept) {
    const auto number = static_cast<unsigned>(fd);
    if (number < next) continue;
    if (number > next) gaps.push_back({next, number - 1});
    next = number + 1;
  }
  gaps.push_back({next, ~0U});
  return gaps;
}

std::vector<KernelLimit> kernel_limits(const SpawnPlan& plan, rlimit files) {
  std::vector<KernelLimit> limits{{RLIMIT_NOFILE, {files.rlim_cur, files.rlim_max}}};
  for (const Limit& limit : plan.limits) {
    if (limit.resource == RLIMIT_NOFILE)
      limits.front() = {limit.resource, {limit.soft, limit.hard}};
    else
      limits.push_back({limit.resource, {limit.soft, limit.hard}});
  }
  return limits;
}

std::string argument_of(const ChildArgs& args, const SpawnPlan& plan) {
  switch (args.step) {
    case Step::none:
    case Step::setpgid:
    case Step::prctl:
    case Step::close:
    case Step::setgroups: return "";
    case Step::dup2: return std::to_string(args.targets[args.index]);
    case Step::setrlimit: return std::to_string(args.limits[args.index].resource);
    case Step::setgid: return std::to_string(args.gid);
    case Step::setuid: return std::to_string(args.uid);
    case Step::chdir: return plan.directory.value_or("");
    case Step::exec: return plan.executable;
  }
  return "";
}

void* new_stack() {
  return ::mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
}

}  // namespace

// One that is on its way to its exec: all that the child reads and writes on our memory.
struct Launcher::Flight {
  explicit Flight(void* its_stack) : stack{its_stack} {}
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;
  ~Flight() { ::munmap(stack, stack_bytes); }

  void fill(const SpawnPlan& its_plan, rlimit files);
  void wait();

  void* stack;
  const SpawnPlan* plan = nullptr;
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::array<char, 32> listen_pid{};
  std::vector<int> sources;
  std::vector<Gap> gaps;
  std::vector<KernelLimit> limits;
  ChildArgs args;
  std::vector<int> low;            // numbers that are its own until then
  std::atomic<int> on_memory = 0;  // cleared, and waked, by the kernel
  Launched launched;
};

void Launcher::Flight::fill(const SpawnPlan& its_plan, rlimit files) {
  plan = &its_plan;
  argv = pointers(plan->argv);
  environment = pointers(plan->environment);
  gaps = gaps_between(plan->targets);
  limits = kernel_limits(*plan, files);
  launched = {};

  args = {};
  if (plan->listen_pid) {
    constexpr std::string_view name = "LISTEN_PID=";
    name.copy(listen_pid.data(), name.size());
    args.pid_text = listen_pid.data() + name.size();
    environment.insert(environment.begin(), listen_pid.data());
  }
  args.path = plan->executable.c_str();
  args.argv = argv.data();
  args.environment = environment.data();
  args.targets = plan->targets.data();
  args.targets_count = plan->targets.size();
  for (const int target : plan->targets) args.first_spare = std::max(args.first_spare, target + 1);
  args.gaps = gaps.data();
  args.gaps_count = gaps.size();
  args.limits = limits.data();
  args.limits_count = limits.size();
  if (plan->identity) {
    args.has_identity = true;
    args.uid = plan->identity->uid;
    args.gid = plan->identity->gid;
    args.groups = plan->identity->groups.data();
    args.groups_count = plan->identity->groups.size();
  }
  args.directory = plan->directory ? plan->directory->c_str() : nullptr;
  args.has_umask = plan->umask.has_value();
  args.umask = plan->umask.value_or(0);
}

// Until it runs on memory of its own, or is no more.
void Launcher::Flight::wait() {
  while (const int seen = on_memory.load(std::memory_order_acquire))
    ::syscall(SYS_futex, &on_memory, FUTEX_WAIT, seen, nullptr, nullptr, 0);
}

common::Result<Launcher> Launcher::make(rlimit files) {
  Launcher made;
  made.files_ = files;
  while (made.low_.size() <= low_numbers) {
    made.low_.emplace_back(::eventfd(0, EFD_CLOEXEC));
    const int number = made.low_.back().get();
    if (number < 0) return common::system_error("eventfd", errno);
    made.shared_above_ = std::max(made.shared_above_, static_cast<unsigned>(number) + 1);
    made.free_low_.push_back(number);
  }
  made.free_low_.pop_back();  // the placeholder
  while (made.idle_.size() < max_in_flight) {
    void* const stack = new_stack();
    if (stack == MAP_FAILED) return common::system_error("mmap", errno);
    made.idle_.push_back(std::make_unique<Flight>(stack));
  }
  return made;
}

Launcher::Launcher() = default;
Launcher::Launcher(Launcher&& other) noexcept = default;
Launcher& Launcher::operator=(Launcher&& other) noexcept = default;
Launcher::~Launcher() = default;

bool Launcher::has_room(std::size_t fds) const {
  if (flights_.empty()) return true;
  return !idle_.empty() && fds <= free_low_.size();
}

Launcher::Outcome Launcher::launch(const SpawnPlan& plan, std::span<const int> fds,
                                   WhenKeeperDies when, int cgroup) {
  assert(flights_.empty());
  auto begun = begin(plan, fds, when, cgroup);
  if (auto* const failure = std::get_if<LaunchFailure>(&begun)) return std::move(*failure);
  return finish();
}

std::variant<Launcher::Begun, LaunchFailure> Launcher::begin(const SpawnPlan& plan,
                                                             std::span<const int> fds,
                                                             WhenKeeperDies when, int cgroup) {
  assert(has_room(fds.size()));
  if (fds.size() != plan.targets.size()) return LaunchFailure{"dup2", "", EBADF};
  for (const int target : plan.targets) {
    if (target < 0) return LaunchFailure{"dup2", std::to_string(target), EBADF};
  }
  Flight& flight = *idle_.back();
  flight.fill(plan, files_);
  flight.sources.assign(fds.begin(), fds.end());
  const bool shares_table = fds.size() <= free_low_.size();
  if (shares_table) {
    for (std::size_t i = 0; i < fds.size(); ++i) {
      const int number = free_low_.back();
      if (::dup3(fds[i], number, O_CLOEXEC) < 0) {
        const int error = errno;
        clear_low(flight);
        return LaunchFailure{"dup2", std::to_string(plan.targets[i]), error};
      }
      free_low_.pop_back();
      flight.low.push_back(number);
      flight.sources[i] = number;
    }
    flight.args.shared_above = shared_above_;
  }
  flight.args.sources = flight.sources.data();
  flight.args.die_with = when == WhenKeeperDies::is_killed ? ::getpid() : 0;

  // No handler may run in the child, on this process's memory.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  int pidfd = -1;
  const int flags = on_our_memory | (shares_table ? CLONE_FILES : 0);
  flight.on_memory.store(1, std::memory_order_release);
  pid_t pid = -1;
  if (cgroup >= 0) {
    CloneArgs clone_args;
    clone_args.flags = static_cast<std::uint64_t>(flags) | clone_into_cgroup;
    clone_args.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
    clone_args.child_tid = reinterpret_cast<std::uint64_t>(&flight.on_memory);
    clone_args.exit_signal = SIGCHLD;
    clone_args.stack = reinterpret_cast<std::uint64_t>(flight.stack);
    clone_args.stack_size = stack_bytes;
    clone_args.cgroup = static_cast<std::uint64_t>(cgroup);
    pid = static_cast<pid_t>(clone3_and_call(clone_args, child, &flight.args));
  }
  const bool in_cgroup = pid > 0;
  if (!in_cgroup) {
    pid = ::clone(child, static_cast<char*>(flight.stack) + stack_bytes, flags | SIGCHLD,
                  &flight.args, &pidfd, nullptr, &flight.on_memory);
  }
  const int clone_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) {
    clear_low(flight);
    return LaunchFailure{"fork", "", clone_error};
  }
  flight.launched = {pid, common::UniqueFd{pidfd}, in_cgroup};
  flights_.push_back(std::move(idle_.back()));
  idle_.pop_back();
  return Begun{pid, pidfd};
}

Launcher::Outcome Launcher::finish() {
  assert(!flights_.empty());
  Flight& flight = *flights_.front();
  flight.wait();
  clear_low(flight);
  Outcome outcome = std::move(flight.launched);
  if (flight.args.error != 0) {
    const pid_t pid = std::get<Launched>(outcome).pid;
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    outcome = LaunchFailure{step_name(flight.args.step), argument_of(flight.args, *flight.plan),
                            flight.args.error};
  }
  idle_.push_back(std::move(flights_.front()));
  flights_.pop_front();
  return outcome;
}

// The program's ends of its pipes must not live on here.
void Launcher::clear_low(Flight& flight) {
  for (const int number : std::exchange(flight.low, {})) {
    ::dup3(low_.back().get(), number, O_CLOEXEC);
    free_low_.push_back(number);
  }
}

}  // namespace supervisord::keeper
