#include "supervisord/keeper/launcher.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
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

#include "supervisord/keeper/before_exec.hpp"
#include "supervisord/keeper/pointers.hpp"
#include "supervisord/keeper/raw_call.hpp"

namespace supervisord::keeper {
namespace {

constexpr std::size_t stack_bytes = 64 * 1024;
constexpr std::size_t low_numbers = 32;  // for all that are on their way; most need three

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
