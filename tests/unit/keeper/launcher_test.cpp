#include "supervisord/keeper/launcher.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

namespace supervisord::keeper {
namespace {

SpawnPlan shell(const std::string& script) {
  SpawnPlan plan;
  plan.name = "a";
  plan.executable = "/bin/sh";
  plan.argv = {"sh", "-c", script};
  plan.environment = {"PATH=/bin:/usr/bin", "MARK=here"};
  return plan;
}

// Without opening one: what a listing would do.
constexpr const char* list_open =
    "for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 400; do test -e /proc/$$/fd/$i && printf '%s ' $i; "
    "done; true";

struct LauncherTest : testing::Test {
  Launcher launcher = *Launcher::make({512, 1024});

  // What a shell's script prints, with its exit status behind it.
  std::string run(SpawnPlan plan, std::vector<int> more_fds = {},
                  std::vector<int> more_targets = {}) {
    auto pipe = common::make_pipe();
    more_fds.push_back(pipe->write_end.get());
    more_targets.push_back(1);
    plan.targets = more_targets;
    auto result = launcher.launch(plan, more_fds);
    auto* const launched = std::get_if<Launched>(&result);
    if (launched == nullptr) return "failed: " + std::get<LaunchFailure>(result).step;
    pipe->write_end.reset();
    std::string output;
    char bytes[512];
    ssize_t size = 0;
    while ((size = ::read(pipe->read_end.get(), bytes, sizeof bytes)) > 0)
      output.append(bytes, static_cast<std::size_t>(size));
    int status = 0;
    ::waitpid(launched->pid, &status, 0);
    return output + "status " + std::to_string(status);
  }

  LaunchFailure fail(const SpawnPlan& plan, std::span<const int> fds = {}) {
    auto result = launcher.launch(plan, fds);
    if (auto* const failure = std::get_if<LaunchFailure>(&result)) return *failure;
    ::waitpid(std::get<Launched>(result).pid, nullptr, 0);
    return {"nothing failed", "", 0};
  }
};

TEST_F(LauncherTest, GivesArgumentsEnvironmentAndStatus) {
  EXPECT_EQ(run(shell("echo $MARK $0; exit 3")), "here sh\nstatus 768");
}

TEST_F(LauncherTest, SaysThePidWhereThatIsAskedFor) {
  SpawnPlan plan = shell("test \"$LISTEN_PID\" = $$ && echo mine; env | grep -c LISTEN_PID");
  EXPECT_EQ(run(plan), "0\nstatus 256");
  plan.listen_pid = true;
  EXPECT_EQ(run(plan), "mine\n1\nstatus 0");
  EXPECT_EQ(run(plan), "mine\n1\nstatus 0");
}

TEST_F(LauncherTest, TellsEachOfManyThatAreOnTheirWayAtOnce) {
  SpawnPlan missing = shell("");
  missing.executable = "/nowhere/command";
  SpawnPlan lost = shell("");
  lost.directory = "/nowhere/folder";
  std::vector<SpawnPlan> plans;
  for (int i = 0; i < 40; ++i)
    plans.push_back(i % 5 == 1 ? missing : i % 5 == 3 ? lost : shell("exit " + std::to_string(i)));
  std::vector<std::string> told;
  const auto finish = [&] {
    auto outcome = launcher.finish();
    if (const auto* const failure = std::get_if<LaunchFailure>(&outcome))
      return told.push_back(failure->step + " " + failure->argument);
    int status = 0;
    ::waitpid(std::get<Launched>(outcome).pid, &status, 0);
    told.push_back("exit " + std::to_string(WEXITSTATUS(status)));
  };
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (!launcher.has_room(0)) finish();
    ASSERT_TRUE(std::holds_alternative<Launcher::Begun>(launcher.begin(plans[i], {})));
    expected.push_back(i % 5 == 1   ? "exec /nowhere/command"
                       : i % 5 == 3 ? "chdir /nowhere/folder"
                                    : "exit " + std::to_string(i));
  }
  while (told.size() < plans.size()) finish();
  EXPECT_EQ(told, expected);
}

TEST_F(LauncherTest, GivesEachOfManyItsOwnDescriptors) {
  std::vector<common::Pipe> pipes;
  std::vector<SpawnPlan> plans;
  std::vector<pid_t> pids;
  for (int i = 0; i < 30; ++i) {
    pipes.push_back(*common::make_pipe());
    plans.push_back(shell("echo " + std::to_string(i)));
    plans.back().targets = {0, 1, 2};
  }
  const auto finish = [&] {
    auto outcome = launcher.finish();
    pids.push_back(std::get<Launched>(outcome).pid);
  };
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const int end = pipes[i].write_end.get();
    const std::vector<int> fds{end, end, end};
    while (!launcher.has_room(fds.size())) finish();
    ASSERT_TRUE(std::holds_alternative<Launcher::Begun>(launcher.begin(plans[i], fds)));
    pipes[i].write_end.reset();
  }
  while (pids.size() < plans.size()) finish();
  for (std::size_t i = 0; i < plans.size(); ++i) {
    ::waitpid(pids[i], nullptr, 0);
    char bytes[64];
    std::string output;
    ssize_t size = 0;  // to its end: nobody else has the other end
    while ((size = ::read(pipes[i].read_end.get(), bytes, sizeof bytes)) > 0)
      output.append(bytes, static_cast<std::size_t>(size));
    EXPECT_EQ(output, std::to_string(i) + "\n");
  }
}

TEST_F(LauncherTest, GivesDirectoryUmaskAndLimits) {
  SpawnPlan plan = shell("pwd; umask; ulimit -n; ulimit -c");
  plan.directory = "/usr";
  plan.umask = 027;
  plan.limits = {{RLIMIT_CORE, 0, 0}};
  EXPECT_EQ(run(plan), "/usr\n0027\n512\n0\nstatus 0");
  plan.limits = {{RLIMIT_NOFILE, 100, 200}};
  plan.argv[2] = "ulimit -Sn; ulimit -Hn";
  EXPECT_EQ(run(plan), "100\n200\nstatus 0");
}

TEST_F(LauncherTest, TheProgramLeadsAProcessGroup) {
  EXPECT_EQ(run(shell("set -- $(cat /proc/$$/stat); test $1 = $5 && echo yes")), "yes\nstatus 0");
}

TEST_F(LauncherTest, LeaksNoDescriptor) {
  const common::UniqueFd inheritable{::open("/dev/null", O_RDONLY)};  // not close-on-exec
  const common::UniqueFd high{::fcntl(inheritable.get(), F_DUPFD, 400)};
  EXPECT_EQ(run(shell(list_open)), "0 1 2 status 0");
}

TEST_F(LauncherTest, PlacesDescriptorsThatAreEachOthersTargets) {
  auto first = common::make_pipe();
  auto second = common::make_pipe();
  ASSERT_EQ(::write(first->write_end.get(), "first\n", 6), 6);
  ASSERT_EQ(::write(second->write_end.get(), "second\n", 7), 7);
  const int a = first->read_end.get();
  const int b = second->read_end.get();
  const std::string script =
      "head -n1 /dev/fd/" + std::to_string(a) + "; head -n1 /dev/fd/" + std::to_string(b);
  EXPECT_EQ(run(shell(script), {b, a}, {a, b}), "second\nfirst\nstatus 0");
}

TEST_F(LauncherTest, KeepsTargetsAboveTwoAndClosesBetweenThem) {
  const common::UniqueFd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  EXPECT_EQ(run(shell(list_open), {null.get(), null.get()}, {5, 9}), "0 1 2 5 9 status 0");
}

TEST_F(LauncherTest, ManyDescriptorsReachTheProgram) {
  const common::UniqueFd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  std::vector<int> fds;
  std::vector<int> targets;
  for (int target = 3; target < 40; ++target) {
    fds.push_back(null.get());
    targets.push_back(target);
  }
  // By the shell itself: a pipe to another command would be among them, or not.
  const char* const count =
      "n=0; i=0; while [ $i -lt 99 ]; do test -e /proc/$$/fd/$i && n=$((n+1)); i=$((i+1)); done; "
      "echo $n";
  EXPECT_EQ(run(shell(count), fds, targets), "40\nstatus 0");
}

TEST_F(LauncherTest, ThisProcessKeepsItsDescriptors) {
  const common::UniqueFd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const common::UniqueFd high{::fcntl(null.get(), F_DUPFD_CLOEXEC, 400)};
  EXPECT_EQ(run(shell("true")), "status 0");
  SpawnPlan missing = shell("true");
  missing.executable = "/nonexistent/program";
  EXPECT_EQ(fail(missing).step, "exec");
  EXPECT_EQ(::fcntl(null.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(::fcntl(high.get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(LauncherTest, TheMaskIsEmptyAndPipeSignalsAreDefault) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  const std::string output = run(shell("exec grep -E 'SigBlk|SigIgn' /proc/self/status"));
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGXFSZ, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  EXPECT_NE(output.find("SigBlk:\t0000000000000000"), std::string::npos) << output;
  const auto ignored = std::stoull(output.substr(output.find("SigIgn:") + 7), nullptr, 16);
  EXPECT_EQ(ignored & (1ULL << (SIGPIPE - 1) | 1ULL << (SIGXFSZ - 1)), 0U);
}

TEST_F(LauncherTest, LeavesThisProcessesMaskAsItWas) {
  sigset_t before;
  sigset_t after;
  ::sigprocmask(SIG_SETMASK, nullptr, &before);
  run(shell("true"));
  ::sigprocmask(SIG_SETMASK, nullptr, &after);
  for (int number = 1; number < SIGRTMIN; ++number)
    EXPECT_EQ(sigismember(&before, number), sigismember(&after, number)) << number;
}

struct FailureRow {
  const char* name;
  void (*spoil)(SpawnPlan&);
  const char* step;
  const char* argument;
  int error;
  bool only_as_root = false;
};
class FailingStep : public LauncherTest, public testing::WithParamInterface<FailureRow> {};

TEST_P(FailingStep, IsNamedAndNothingRuns) {
  if (GetParam().only_as_root && ::geteuid() != 0) GTEST_SKIP();
  SpawnPlan plan = shell("true");
  GetParam().spoil(plan);
  const LaunchFailure failure = fail(plan);
  EXPECT_EQ(failure.step, GetParam().step);
  EXPECT_EQ(failure.argument, GetParam().argument);
  EXPECT_EQ(failure.error, GetParam().error);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}
INSTANTIATE_TEST_SUITE_P(
    Launcher, FailingStep,
    testing::Values(FailureRow{"NoSuchFile", [](SpawnPlan& p) { p.executable = "/none"; }, "exec",
                               "/none", ENOENT},
                    FailureRow{"NotExecutable", [](SpawnPlan& p) { p.executable = "/etc/passwd"; },
                               "exec", "/etc/passwd", EACCES},
                    FailureRow{"NoSuchDirectory", [](SpawnPlan& p) { p.directory = "/none"; },
                               "chdir", "/none", ENOENT},
                    FailureRow{"BadLimit",
                               [](SpawnPlan& p) {
                                 p.limits = {{RLIMIT_CORE, 2, 1}};
                               },
                               "setrlimit", "4", EINVAL},
                    FailureRow{"NoSuchResource",
                               [](SpawnPlan& p) {
                                 p.limits = {{99, 1, 1}};
                               },
                               "setrlimit", "99", EINVAL},
                    FailureRow{"BadUser",
                               [](SpawnPlan& p) {
                                 p.identity = Identity{~0U, 0, {}};
                               },
                               "setuid", "4294967295", EINVAL, true},
                    FailureRow{"BadGroup",
                               [](SpawnPlan& p) {
                                 p.identity = Identity{0, ~0U, {}};
                               },
                               "setgid", "4294967295", EINVAL, true},
                    FailureRow{"BadGroups",
                               [](SpawnPlan& p) {
                                 p.identity = Identity{0, 0, {~0U}};
                               },
                               "setgroups", "", EINVAL, true},
                    FailureRow{"NoDescriptor", [](SpawnPlan& p) { p.targets = {1}; }, "dup2", "",
                               EBADF}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST_F(LauncherTest, AClosedDescriptorIsNamedByItsTarget) {
  SpawnPlan plan = shell("true");
  plan.targets = {1};
  const int closed = 9999;
  const LaunchFailure failure = fail(plan, {&closed, 1});
  EXPECT_EQ(failure.step, "dup2");
  EXPECT_EQ(failure.argument, "1");
  EXPECT_EQ(failure.error, EBADF);
}

TEST_F(LauncherTest, DropsToTheUserWithHisGroups) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can";
  SpawnPlan plan = shell("id -u; id -g; id -G");
  plan.identity = Identity{65534, 65533, {65533, 4}};
  EXPECT_EQ(run(plan), "65534\n65533\n65533 4\nstatus 0");
}

TEST_F(LauncherTest, AnotherUserIsRefusedWithoutRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs somebody to give up";
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (::setuid(65534) != 0) ::_exit(1);
    SpawnPlan plan = shell("true");
    plan.identity = Identity{0, 0, {}};
    const LaunchFailure failure = fail(plan);
    ::_exit(failure.step == "setuid" && failure.argument == "0" && failure.error == EPERM ? 0 : 2);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(LauncherTest, WhatIsTiedToTheKeeperDiesWithIt) {
  auto pipe = common::make_pipe();
  const pid_t keeper = ::fork();
  if (keeper == 0) {
    SpawnPlan plan = shell("exec sleep 1000");
    plan.targets = {1};
    const int fd = pipe->write_end.get();
    launcher.launch(plan, {&fd, 1}, Launcher::WhenKeeperDies::is_killed);
    ::_exit(0);
  }
  ::waitpid(keeper, nullptr, 0);
  pipe->write_end.reset();
  char byte = 0;
  EXPECT_EQ(::read(pipe->read_end.get(), &byte, 1), 0);  // the last writer is gone
}

TEST_F(LauncherTest, ThePidfdIsTheChilds) {
  auto result = launcher.launch(shell("exit 5"), {});
  const auto& launched = std::get<Launched>(result);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PIDFD, static_cast<id_t>(launched.pidfd.get()), &info, WEXITED), 0);
  EXPECT_EQ(info.si_pid, launched.pid);
  EXPECT_EQ(info.si_status, 5);
}

}  // namespace
}  // namespace supervisord::keeper
