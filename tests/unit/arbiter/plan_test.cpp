#include "asgi-worker/arbiter/plan.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace asgi_worker::arbiter {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point t0{};
constexpr int exited(int status) { return status << 8; }

/// A plan whose forks succeed at once, with pids from 101 on.
class Site {
 public:
  explicit Site(int workers) : Site{Policy{.workers = workers}} {}
  explicit Site(const Policy& policy) : plan_{policy} { take(Started{}); }

  /// Gives the plan what happened, and then what came of its forks.
  void take(const Input& input) {
    for (const Action& action : plan_.step(input, now)) {
      said.push_back(action);
      if (const auto* const fork = std::get_if<Fork>(&action)) {
        forks.push_back(fork->slot);
        reasons.push_back(fork->reason);
      }
    }
    while (!forks.empty()) {
      const int slot = forks.front();
      forks.erase(forks.begin());
      take(Forked{slot, next_pid++});
    }
  }
  void all_ready() {
    for (pid_t pid = 101; pid < next_pid; ++pid) take(Ready{pid});
    said.clear();
  }
  template <class T>
  int count() const {
    int found = 0;
    for (const Action& action : said) found += std::holds_alternative<T>(action) ? 1 : 0;
    return found;
  }
  std::vector<std::pair<pid_t, int>> signals() const {
    std::vector<std::pair<pid_t, int>> found;
    for (const Action& action : said)
      if (const auto* const signal = std::get_if<Signal>(&action))
        found.emplace_back(signal->pid, signal->number);
      else if (const auto* const retire = std::get_if<Retire>(&action))
        found.emplace_back(retire->pid, SIGTERM);
    return found;
  }
  bool has_said(std::string_view text) const {
    for (const Action& action : said)
      if (const auto* const say = std::get_if<Say>(&action); say != nullptr && say->text == text)
        return true;
    return false;
  }
  std::optional<int> finished() const {
    for (const Action& action : said)
      if (const auto* const finish = std::get_if<Finish>(&action)) return finish->status;
    return std::nullopt;
  }

  Clock::time_point now = t0;
  std::vector<Action> said;
  std::vector<std::string> reasons;  // of all forks
  pid_t next_pid = 101;
  Plan plan_;

 private:
  std::vector<int> forks;
};

using Signals = std::vector<std::pair<pid_t, int>>;

TEST(Plan, ForksAWorkerForEachSlot) {
  const Site site{3};
  EXPECT_EQ(site.count<Fork>(), 3);
  EXPECT_EQ(site.plan_.workers(), 3U);
}

TEST(Plan, SaysReadyOnceWhenEverySlotServes) {
  Site site{2};
  site.take(Ready{101});
  EXPECT_EQ(site.count<SayReady>(), 0);
  site.take(Ready{102});
  EXPECT_EQ(site.count<SayReady>(), 1);
  site.take(Exited{102, SIGKILL});
  site.take(Ready{103});
  EXPECT_EQ(site.count<SayReady>(), 1);
}

TEST(Plan, ReplacesADeadWorkerAtOnce) {
  Site site{1};
  site.all_ready();
  site.take(Exited{101, SIGKILL});
  EXPECT_EQ(site.count<Fork>(), 1);
}

TEST(Plan, WaitsLongerAfterEachFailureInARow) {
  Site site{1};
  site.all_ready();
  site.take(Exited{101, SIGSEGV});  // at once
  std::vector<Clock::duration> waits;
  for (pid_t pid = 102; pid < 109; ++pid) {
    site.take(Exited{pid, exited(1)});
    ASSERT_TRUE(site.plan_.deadline());
    waits.push_back(*site.plan_.deadline() - site.now);
    site.now = *site.plan_.deadline();
    site.take(TimePassed{});
  }
  EXPECT_EQ(waits, (std::vector<Clock::duration>{1s, 2s, 4s, 8s, 16s, 30s, 30s}));
}

TEST(Plan, StopsWhenTheApplicationCannotStartAtAll) {
  Site site{2};
  site.take(Exited{101, exited(cannot_start)});
  EXPECT_EQ(site.signals(), (Signals{{102, SIGTERM}}));
  site.take(Exited{102, exited(cannot_start)});
  EXPECT_EQ(site.finished(), cannot_start);
}

TEST(Plan, KeepsServingWhenOnlyALaterWorkerCannotStart) {
  Site site{2};
  site.all_ready();
  site.take(Exited{101, SIGKILL});
  site.take(Exited{103, exited(cannot_start)});
  EXPECT_FALSE(site.finished());
  EXPECT_TRUE(site.signals().empty());
}

TEST(Plan, EndsWithStatusZeroOnceAllWorkersHaveStopped) {
  Site site{2};
  site.all_ready();
  site.take(StopAsked{StopAsked::How::graceful});
  EXPECT_EQ(site.signals(), (Signals{{101, SIGTERM}, {102, SIGTERM}}));
  site.take(Exited{101, exited(0)});
  EXPECT_FALSE(site.finished());
  site.take(Exited{102, SIGTERM});
  EXPECT_EQ(site.finished(), 0);
  EXPECT_EQ(site.count<Fork>(), 0);
}

TEST(Plan, KillsWhatDoesNotEndInTime) {
  Site site{1};
  site.all_ready();
  site.take(StopAsked{StopAsked::How::graceful});
  site.now = *site.plan_.deadline();
  site.said.clear();
  site.take(TimePassed{});
  EXPECT_EQ(site.signals(), (Signals{{101, SIGKILL}}));
}

TEST(Plan, StopsQuicklyWhenAskedTwice) {
  Site site{1};
  site.all_ready();
  site.take(StopAsked{StopAsked::How::graceful});
  site.said.clear();
  site.take(StopAsked{StopAsked::How::quick});
  EXPECT_EQ(site.signals(), (Signals{{101, SIGQUIT}}));
  EXPECT_EQ(*site.plan_.deadline() - site.now, 2s);
}

TEST(Reload, ReplacesOneWorkerAfterTheOther) {
  Site site{2};
  site.all_ready();
  site.take(ReloadAsked{2});
  EXPECT_EQ(site.count<Fork>(), 1);
  EXPECT_TRUE(site.signals().empty()) << "the old one serves until the new one does";
  site.take(Ready{103});
  EXPECT_EQ(site.signals(), (Signals{{101, SIGTERM}}));
  EXPECT_EQ(site.count<Fork>(), 2);
  site.take(Exited{101, exited(0)});
  site.take(Ready{104});
  EXPECT_EQ(site.signals(), (Signals{{101, SIGTERM}, {102, SIGTERM}}));
  site.take(Exited{102, exited(0)});
  EXPECT_EQ(site.plan_.workers(), 2U);
  EXPECT_EQ(site.count<Fork>(), 2);
}

TEST(Reload, LetsNobodyAnswerWithOldCodeWhereThatIsWanted) {
  Site site{Policy{.workers = 3, .drops_old_code = true}};
  site.all_ready();
  site.take(ReloadAsked{3});
  EXPECT_EQ(site.count<Fork>(), 1);
  EXPECT_TRUE(site.signals().empty()) << "until one has the new code";
  site.take(Ready{104});
  EXPECT_EQ(site.signals(), (Signals{{101, SIGTERM}, {103, SIGTERM}, {102, SIGTERM}}));
  EXPECT_EQ(site.count<Fork>(), 3);
  for (const pid_t pid : {101, 102, 103}) site.take(Exited{pid, exited(0)});
  EXPECT_EQ(site.count<Fork>(), 3) << "their successors are on their way already";
  EXPECT_TRUE(site.has_said("Reload complete"));
  site.take(Ready{105});
  site.take(Ready{106});
  EXPECT_EQ(site.plan_.serving(), 3);
  EXPECT_EQ(site.count<Fork>(), 3);
}

TEST(Reload, KeepsTheOldWorkersWhenANewOneFails) {
  Site site{2};
  site.all_ready();
  site.take(ReloadAsked{2});
  site.take(Exited{103, exited(cannot_start)});
  EXPECT_TRUE(site.signals().empty());
  EXPECT_EQ(site.count<Fork>(), 1);
  EXPECT_FALSE(site.finished());
}

TEST(Reload, IsCompleteOnlyWhenTheLastOldWorkerHasGone) {
  Site site{1};
  site.all_ready();
  site.take(ReloadAsked{1});
  site.take(Ready{102});
  EXPECT_FALSE(site.has_said("Reload complete"));
  site.take(Exited{101, exited(0)});
  EXPECT_TRUE(site.has_said("Reload complete"));
}

TEST(Reload, CanBeAskedForAgainAfterAFailure) {
  Site site{1};
  site.all_ready();
  site.take(ReloadAsked{1});
  site.take(Exited{102, exited(1)});
  site.take(ReloadAsked{1});
  site.take(Ready{103});
  EXPECT_EQ(site.signals(), (Signals{{101, SIGTERM}}));
}

TEST(Reload, WhileReloadingReplacesTheNewWorkersOnceMore) {
  Site site{1};
  site.all_ready();
  site.take(ReloadAsked{1});
  site.take(ReloadAsked{1});
  site.take(Ready{102});
  site.take(Exited{101, exited(0)});
  site.take(Ready{103});
  EXPECT_EQ(site.signals(), (Signals{{101, SIGTERM}, {102, SIGTERM}}));
}

TEST(Reload, TakesAnotherNumberOfWorkersOver) {
  Site site{1};
  site.all_ready();
  site.take(ReloadAsked{3});
  EXPECT_EQ(site.plan_.workers(), 4U);  // three slots, the first with its old and its new worker
}

TEST(Reload, GoesOnWhenTheOldWorkerDiesBeforeItsSuccessorServes) {
  Site site{2};
  site.all_ready();
  site.take(ReloadAsked{2});
  site.take(Exited{101, SIGKILL});
  EXPECT_EQ(site.count<Fork>(), 1) << "its successor is on its way already";
  site.take(Ready{103});
  EXPECT_EQ(site.count<Fork>(), 2);
}

TEST(Retire, BringsTheSuccessorFirst) {
  Site site{1};
  site.all_ready();
  site.take(RetireAsked{101, "max requests"});
  EXPECT_EQ(site.count<Fork>(), 1);
  EXPECT_TRUE(site.signals().empty());
  site.take(Ready{102});
  EXPECT_EQ(site.signals(), (Signals{{101, SIGTERM}}));
  EXPECT_EQ(site.reasons.back(), "max requests");
}

TEST(Retire, WaitsUntilTheLastPredecessorHasGone) {
  Site site{1};
  site.all_ready();
  site.take(RetireAsked{101, "max requests"});
  site.take(Ready{102});
  site.take(RetireAsked{102, "max requests"});  // while 101 still ends
  EXPECT_EQ(site.count<Fork>(), 1);
  site.take(Exited{101, exited(0)});
  EXPECT_EQ(site.count<Fork>(), 2);
}

TEST(Retire, IsTriedAgainLaterWhenTheSuccessorFails) {
  Site site{1};
  site.all_ready();
  site.take(RetireAsked{101, "memory"});
  site.take(Exited{102, exited(1)});
  EXPECT_TRUE(site.signals().empty());
  ASSERT_TRUE(site.plan_.deadline());
  EXPECT_EQ(*site.plan_.deadline() - site.now, 1s);
  site.now = *site.plan_.deadline();
  site.take(TimePassed{});
  site.take(Ready{103});
  EXPECT_EQ(site.signals(), (Signals{{101, SIGTERM}}));
}

TEST(Stuck, IsAbortedAndThenKilled) {
  Site site{1};
  site.all_ready();
  site.take(Silent{101});
  site.take(Silent{101});
  EXPECT_EQ(site.signals(), (Signals{{101, SIGABRT}}));
  EXPECT_TRUE(site.has_said("WORKER TIMEOUT (pid:101)"));
  site.now = *site.plan_.deadline();
  site.said.clear();
  site.take(TimePassed{});
  EXPECT_EQ(site.signals(), (Signals{{101, SIGKILL}}));
  site.take(Exited{101, SIGKILL});
  EXPECT_EQ(site.reasons.back(), "timeout");
}

TEST(Stuck, InItsStartIsAbortedToo) {
  Site site{Policy{.workers = 1, .startup_limit = 5s}};
  ASSERT_TRUE(site.plan_.deadline());
  site.now = *site.plan_.deadline();
  site.take(TimePassed{});
  EXPECT_EQ(site.signals(), (Signals{{101, SIGABRT}}));
}

TEST(Crash, SoonAfterBeingReadyWaitsASecondTheSecondTime) {
  Site site{1};
  site.take(Ready{101});
  site.take(Exited{101, SIGSEGV});  // at once
  for (pid_t pid = 102; pid < 105; ++pid) {
    site.take(Ready{pid});
    site.take(Exited{pid, SIGSEGV});
    ASSERT_TRUE(site.plan_.deadline());
    EXPECT_EQ(*site.plan_.deadline() - site.now, 1s);
    site.now = *site.plan_.deadline();
    site.take(TimePassed{});
  }
}

TEST(Crash, ByAKillFromOutsideIsNobodysFault) {
  Site site{1};
  for (pid_t pid = 101; pid < 105; ++pid) {
    site.take(Ready{pid});
    site.take(Exited{pid, SIGKILL});
    EXPECT_FALSE(site.plan_.deadline());
  }
}

TEST(Crash, OfAWorkerThatHasServedForAWhileIsTheFirst) {
  Site site{1};
  for (pid_t pid = 101; pid < 105; ++pid) {
    site.take(Ready{pid});
    site.now += 1s;
    site.take(Exited{pid, SIGSEGV});
    EXPECT_FALSE(site.plan_.deadline());
  }
}

TEST(Template, ThatCannotLoadStopsAnArbiterThatNeverServed) {
  Site site{Policy{.workers = 1}};
  site.take(CannotLoad{});
  site.take(Exited{101, exited(0)});
  EXPECT_EQ(site.finished(), cannot_start);
}

TEST(Template, ThatCannotLoadLaterChangesNothing) {
  Site site{1};
  site.all_ready();
  site.take(CannotLoad{});
  EXPECT_TRUE(site.said.empty());
}

TEST(Pause, EndsAllWorkersAndAReloadBringsThemBack) {
  Site site{2};
  site.all_ready();
  site.take(PauseAsked{});
  EXPECT_EQ(site.signals(), (Signals{{101, SIGTERM}, {102, SIGTERM}}));
  site.take(Exited{101, exited(0)});
  site.take(Exited{102, exited(0)});
  EXPECT_EQ(site.plan_.workers(), 0U);
  EXPECT_FALSE(site.finished());
  site.take(ReloadAsked{2});
  EXPECT_EQ(site.plan_.workers(), 2U);
}

TEST(Count, GoesUpAndDownButNotBelowOne) {
  Site site{1};
  site.all_ready();
  site.take(MoreAsked{});
  EXPECT_EQ(site.plan_.workers(), 2U);
  site.take(FewerAsked{});
  EXPECT_EQ(site.signals(), (Signals{{101, SIGTERM}})) << "the oldest goes";
  site.take(Exited{101, exited(0)});
  site.take(FewerAsked{});
  EXPECT_EQ(site.plan_.workers(), 1U);
  EXPECT_EQ(site.count<Fork>(), 1);
}

TEST(Strangers, AreReapedInSilence) {
  Site site{1};
  site.all_ready();
  site.take(Exited{4711, exited(1)});
  EXPECT_TRUE(site.said.empty());
}

}  // namespace
}  // namespace asgi_worker::arbiter
