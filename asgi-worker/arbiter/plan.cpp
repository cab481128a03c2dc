#include "asgi-worker/arbiter/plan.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace asgi_worker::arbiter {
namespace {

using std::chrono::seconds;

Say info(std::string text) { return {Say::Level::info, std::move(text)}; }
Say warning(std::string text) { return {Say::Level::warning, std::move(text)}; }
Say error(std::string text) { return {Say::Level::error, std::move(text)}; }
Say critical(std::string text) { return {Say::Level::critical, std::move(text)}; }

std::string named(pid_t pid) { return "Worker (pid:" + std::to_string(pid) + ")"; }

/// Whether another attempt would end the same way.
bool means_cannot_start(int wait_status) {
  return WIFEXITED(wait_status) &&
         (WEXITSTATUS(wait_status) == cannot_start || WEXITSTATUS(wait_status) == cannot_load);
}

bool is_killed(int wait_status) {
  return WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL;
}

}  // namespace

Actions Plan::step(const Input& input, Clock::time_point now) {
  Actions out;
  std::visit([&](const auto& happened) { on(happened, now, out); }, input);
  return out;
}

std::optional<Clock::time_point> Plan::deadline() const {
  std::optional<Clock::time_point> next;
  const auto consider = [&](const std::optional<Clock::time_point>& at) {
    if (at && (!next || *at < *next)) next = at;
  };
  for (const Slot& slot : slots_) {
    consider(slot.fork_at);
    for (const Worker& worker : slot.workers) {
      consider(worker.kill_at);
      if (!worker.is_ready && !worker.kill_at && policy_.startup_limit > Clock::duration{})
        consider(worker.since + policy_.startup_limit);
    }
  }
  return next;
}

std::size_t Plan::workers() const {
  std::size_t count = 0;
  for (const Slot& slot : slots_) count += slot.workers.size();
  return count;
}

bool Plan::serves(pid_t pid) const {
  return std::ranges::any_of(slots_, [pid](const Slot& slot) {
    const auto found = std::ranges::find(slot.workers, pid, &Worker::pid);
    return found != slot.workers.end() && found->is_ready;
  });
}

int Plan::serving() const {
  const auto serves = [](const Slot& slot) {
    return !slot.is_closing && std::ranges::any_of(slot.workers, &Worker::is_ready);
  };
  return static_cast<int>(std::ranges::count_if(slots_, serves));
}

int Plan::wanted() const {
  return static_cast<int>(std::ranges::count(slots_, false, &Slot::is_closing));
}

void Plan::adopt(const Policy& policy) {
  const int workers = policy_.workers;
  policy_ = policy;
  policy_.workers = workers;
}

Plan::Slot* Plan::slot_at(int number) {
  const auto found = std::ranges::find(slots_, number, &Slot::number);
  return found == slots_.end() ? nullptr : &*found;
}

Plan::Slot* Plan::slot_of(pid_t pid) {
  const auto found =
      std::ranges::find_if(slots_, [&](Slot& slot) { return worker_of(slot, pid) != nullptr; });
  return found == slots_.end() ? nullptr : &*found;
}

Plan::Worker* Plan::worker_of(Slot& slot, pid_t pid) {
  const auto found = std::ranges::find(slot.workers, pid, &Worker::pid);
  return found == slot.workers.end() ? nullptr : &*found;
}

void Plan::fork(Slot& slot, std::string reason, Actions& out) {
  slot.fork_at.reset();
  slot.is_forking = true;
  out.emplace_back(Fork{slot.number, std::move(reason)});
}

/// Its place is taken, or no longer wanted.
void Plan::retire(Worker& worker, Clock::time_point now, Actions& out) {
  out.emplace_back(Retire{worker.pid});
  if (!worker.kill_at) worker.kill_at = now + policy_.kill_after;
}

/// A stuck worker: ABRT has it print where it is, and end.
void Plan::abort(Worker& worker, const std::string& why, Clock::time_point now, Actions& out) {
  worker.is_stuck = true;
  worker.kill_at = now + policy_.abort_after;
  out.emplace_back(critical(why));
  out.emplace_back(Signal{worker.pid, SIGABRT});
}

void Plan::on(Started, Clock::time_point now, Actions& out) {
  set_count(policy_.workers, "", now, out);
}

void Plan::on(Forked forked, Clock::time_point now, Actions& out) {
  Slot* const slot = slot_at(forked.slot);
  if (slot == nullptr) return;
  slot->is_forking = false;
  slot->workers.push_back({.pid = forked.pid, .since = now});
  if (is_stopping_ || slot->is_closing) retire(slot->workers.back(), now, out);
}

void Plan::on(ForkFailed failed, Clock::time_point now, Actions& out) {
  Slot* const slot = slot_at(failed.slot);
  if (slot == nullptr) return;
  slot->is_forking = false;
  if (is_stopping_) return finish_when_empty(out);
  if (slot->is_closing) return close(*slot, now, out);
  if (!slot->workers.empty()) return roll_failed(*slot, now, out);
  retry(*slot, "fork failed", now);
}

/// A new worker serves: the one that it replaces may go.
void Plan::on(Ready ready, Clock::time_point now, Actions& out) {
  Slot* const slot = slot_of(ready.pid);
  if (slot == nullptr || is_stopping_) return;
  Worker& serving = *worker_of(*slot, ready.pid);
  serving.is_ready = true;
  serving.since = now;
  ever_ready_ = true;
  for (Worker& worker : slot->workers)
    if (worker.is_old && !worker.kill_at) retire(worker, now, out);
  say_ready_once(out);
  if (!rolling_.empty() && rolling_.back() == slot->number) {
    rolling_.pop_back();
    policy_.drops_old_code ? roll_rest(now, out) : roll_next(now, out);
  }
}

void Plan::on(const RetireAsked& asked, Clock::time_point now, Actions& out) {
  Slot* const slot = slot_of(asked.pid);
  if (slot == nullptr) return;
  worker_of(*slot, asked.pid)->wants_successor = asked.reason;
  serve_wish(*slot, now, out);
}

/// A worker that wants a successor waits while another one stands in its slot, or comes.
void Plan::serve_wish(Slot& slot, Clock::time_point, Actions& out) {
  if (is_stopping_ || slot.is_closing || slot.workers.size() != 1 || slot.is_forking ||
      slot.fork_at)
    return;
  Worker& worker = slot.workers.front();
  if (worker.wants_successor.empty() || worker.kill_at) return;
  worker.is_old = true;
  fork(slot, worker.wants_successor, out);
}

void Plan::on(Silent silent, Clock::time_point now, Actions& out) {
  Slot* const slot = slot_of(silent.pid);
  if (slot == nullptr || worker_of(*slot, silent.pid)->kill_at) return;
  abort(*worker_of(*slot, silent.pid), "WORKER TIMEOUT (pid:" + std::to_string(silent.pid) + ")",
        now, out);
}

void Plan::on(const Exited& exited, Clock::time_point now, Actions& out) {
  Slot* const slot = slot_of(exited.pid);
  if (slot == nullptr) return;  // a stranger: pid 1's duty is done with it
  const Worker gone = *worker_of(*slot, exited.pid);
  std::erase_if(slot->workers, [&](const Worker& worker) { return worker.pid == exited.pid; });
  const bool was_told = gone.kill_at && !gone.is_stuck;
  const auto last_words = obituary(gone.pid, exited.status, was_told, exited.around);
  out.emplace_back(last_words.is_expected ? info(last_words.text) : error(last_words.text));
  say_when_reloaded(out);
  if (is_stopping_) return finish_when_empty(out);

  if (!gone.is_ready && !ever_ready_ && means_cannot_start(exited.status))
    return on(CannotLoad{WEXITSTATUS(exited.status)}, now, out);
  if (slot->is_closing) {
    if (slot->workers.empty() && !slot->is_forking)
      std::erase_if(slots_, [&](const Slot& other) { return other.number == slot->number; });
    return;
  }
  if (gone.is_ready) {  // it starts well; one that crashes at once may not do so in a tight loop
    const bool is_proven = now - gone.since >= policy_.proven_after || is_killed(exited.status);
    slot->failures = is_proven ? 0 : std::min(slot->failures, 1);
  }
  const bool has_other = !slot->workers.empty() || slot->is_forking;
  if (!gone.is_ready && has_other) return roll_failed(*slot, now, out);  // the successor failed
  if (has_other) return serve_wish(*slot, now, out);                     // the predecessor has gone
  retry(*slot, gone.is_stuck ? "timeout" : last_words.cause, now);
  if (slot->fork_at <= now) return fork(*slot, slot->reason, out);
  out.emplace_back(warning(
      "Next attempt in " +
      std::to_string(std::chrono::duration_cast<seconds>(*slot->fork_at - now).count()) + " s"));
}

/// There is no application to serve with. Once some worker has served, the others go on.
void Plan::on(CannotLoad failure, Clock::time_point now, Actions& out) {
  if (ever_ready_ || is_stopping_) return;
  out.emplace_back(error("No worker could start, stopping"));
  exit_status_ = failure.status;
  stop(StopAsked::How::graceful, now, out);
}

/// 0, 1, 2, 4 ... seconds after failures in a row; a worker that has served for a while ends them.
void Plan::retry(Slot& slot, std::string reason, Clock::time_point now) {
  slot.reason = std::move(reason);
  const auto wait = slot.failures == 0
                        ? Clock::duration{}
                        : Clock::duration{seconds{1 << std::min(slot.failures - 1, 10)}};
  ++slot.failures;
  slot.fork_at = now + std::min(wait, policy_.most_backoff);
}

void Plan::on(StopAsked asked, Clock::time_point now, Actions& out) { stop(asked.how, now, out); }

void Plan::stop(StopAsked::How how, Clock::time_point now, Actions& out) {
  is_stopping_ = true;
  rolling_.clear();
  const bool is_quick = how == StopAsked::How::quick;
  const auto limit = is_quick ? seconds{2} : policy_.kill_after + policy_.shutdown_delay;
  for (Slot& slot : slots_) {
    slot.fork_at.reset();
    for (Worker& worker : slot.workers) {
      out.emplace_back(Signal{worker.pid, is_quick ? SIGQUIT : SIGTERM});
      worker.kill_at = worker.kill_at ? std::min(*worker.kill_at, now + limit) : now + limit;
    }
  }
  finish_when_empty(out);
}

void Plan::finish_when_empty(Actions& out) {
  const auto is_idle = [](const Slot& slot) { return slot.workers.empty() && !slot.is_forking; };
  if (std::ranges::all_of(slots_, is_idle)) out.emplace_back(Finish{exit_status_});
}

void Plan::on(ReloadAsked asked, Clock::time_point now, Actions& out) {
  if (is_stopping_) return;
  policy_.workers = asked.workers;
  is_reloading_ = true;
  const bool is_idle = rolling_.empty();
  std::vector<int> standing;
  for (const Slot& slot : slots_)
    if (!slot.is_closing && !slot.workers.empty()) standing.push_back(slot.number);
  set_count(asked.workers, "reload", now, out);
  // A slot in the middle of its replacement is done first, and again later with the newest code.
  const auto current = is_idle ? std::vector<int>{} : std::vector<int>{rolling_.back()};
  rolling_.assign(standing.rbegin(), standing.rend());
  rolling_.insert(rolling_.end(), current.begin(), current.end());
  std::erase_if(rolling_, [&](int number) {
    return slot_at(number) == nullptr || slot_at(number)->is_closing;
  });
  if (is_idle) roll_next(now, out);
}

/// Replaces the worker of the next slot: the new one first, then, when it is ready, TERM.
void Plan::roll_next(Clock::time_point, Actions& out) {
  while (!rolling_.empty()) {
    Slot* const slot = slot_at(rolling_.back());
    if (slot != nullptr && !slot->is_closing && !slot->workers.empty()) {
      for (Worker& worker : slot->workers) worker.is_old = true;
      if (!slot->is_forking) fork(*slot, "reload", out);
      return;
    }
    rolling_.pop_back();
  }
}

/// One worker serves with the new code, for whoever changes it to see: the others go at once.
void Plan::roll_rest(Clock::time_point now, Actions& out) {
  for (const int number : std::exchange(rolling_, {})) {
    Slot* const slot = slot_at(number);
    if (slot == nullptr || slot->is_closing) continue;
    for (Worker& worker : slot->workers) {
      worker.is_old = true;
      if (!worker.kill_at) retire(worker, now, out);
    }
    if (!slot->is_forking) fork(*slot, "reload", out);
  }
}

void Plan::roll_failed(Slot& slot, Clock::time_point now, Actions& out) {
  out.emplace_back(error("The new worker could not start; the old one serves on"));
  rolling_.clear();
  if (std::exchange(is_reloading_, false)) out.emplace_back(ReloadEnded{});
  for (Worker& worker : slot.workers) {
    if (worker.kill_at) continue;
    worker.is_old = false;
    if (worker.wants_successor.empty() || slot.is_forking) continue;
    slot.failures = std::max(slot.failures, 1);
    retry(slot, worker.wants_successor, now);
  }
}

/// Only once the last old worker has gone: until then it may still answer.
void Plan::say_when_reloaded(Actions& out) {
  const auto has_old = [](const Slot& slot) {
    return std::ranges::any_of(slot.workers, &Worker::is_old);
  };
  const bool goes_on = !rolling_.empty() || std::ranges::any_of(slots_, has_old);
  if (!is_reloading_ || is_stopping_ || goes_on) return;
  is_reloading_ = false;
  out.emplace_back(info("Reload complete"));
  out.emplace_back(ReloadEnded{});
}

void Plan::on(MoreAsked, Clock::time_point now, Actions& out) {
  if (is_stopping_) return;
  out.emplace_back(CountChanged{policy_.workers + 1, policy_.workers});
  set_count(++policy_.workers, "TTIN", now, out);
}

void Plan::on(FewerAsked, Clock::time_point now, Actions& out) {
  if (is_stopping_ || policy_.workers <= 1) return;
  out.emplace_back(CountChanged{policy_.workers - 1, policy_.workers});
  set_count(--policy_.workers, "", now, out);
}

void Plan::on(PauseAsked, Clock::time_point now, Actions& out) {
  if (!is_stopping_) set_count(0, "", now, out);
}

void Plan::set_count(int count, const std::string& reason, Clock::time_point now, Actions& out) {
  int open = static_cast<int>(std::ranges::count(slots_, false, &Slot::is_closing));
  for (; open < count; ++open) {
    slots_.push_back({.number = next_slot_++, .workers = {}});
    fork(slots_.back(), reason, out);
  }
  std::vector<int> surplus;  // the oldest go, as with gunicorn
  for (const Slot& slot : slots_)
    if (!slot.is_closing && open > count) {
      surplus.push_back(slot.number);
      --open;
    }
  for (const int number : surplus) close(*slot_at(number), now, out);
}

void Plan::close(Slot& slot, Clock::time_point now, Actions& out) {
  slot.is_closing = true;
  slot.fork_at.reset();
  for (Worker& worker : slot.workers) retire(worker, now, out);
  if (slot.workers.empty() && !slot.is_forking)
    std::erase_if(slots_,
                  [number = slot.number](const Slot& other) { return other.number == number; });
}

void Plan::on(TimePassed, Clock::time_point now, Actions& out) {
  for (Slot& slot : slots_) {
    if (slot.fork_at && *slot.fork_at <= now) {
      for (Worker& worker : slot.workers) worker.is_old = true;
      fork(slot, slot.reason, out);
    }
    for (Worker& worker : slot.workers) {
      if (worker.kill_at && *worker.kill_at <= now) {
        out.emplace_back(warning(named(worker.pid) + " did not end in time, killed"));
        out.emplace_back(Signal{worker.pid, SIGKILL});
        worker.kill_at = now + seconds{5};
      } else if (!worker.is_ready && !worker.kill_at && policy_.startup_limit > Clock::duration{} &&
                 worker.since + policy_.startup_limit <= now) {
        abort(worker, named(worker.pid) + " did not start in time", now, out);
      }
    }
  }
}

void Plan::say_ready_once(Actions& out) {
  if (said_ready_ || slots_.empty()) return;
  const auto serves = [](const Slot& slot) {
    return std::ranges::any_of(slot.workers, &Worker::is_ready);
  };
  if (!std::ranges::all_of(slots_, serves)) return;
  said_ready_ = true;
  out.emplace_back(SayReady{});
}

}  // namespace asgi_worker::arbiter
