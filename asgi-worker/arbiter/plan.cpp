#include "asgi-worker/arbiter/plan.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "common/wait_status.hpp"

namespace asgi_worker::arbiter {
namespace {

using std::chrono::seconds;

Say info(std::string text) { return {Say::Level::info, std::move(text)}; }
Say warning(std::string text) { return {Say::Level::warning, std::move(text)}; }
Say error(std::string text) { return {Say::Level::error, std::move(text)}; }

std::string named(pid_t pid) { return "Worker (pid:" + std::to_string(pid) + ")"; }

bool has_exited_with(int wait_status, int status) {
  return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == status;
}

/// gunicorn's words for the way a worker ended, since people search for them.
Say obituary(pid_t pid, int status, bool was_told) {
  if (was_told || has_exited_with(status, 0))
    return info(named(pid) + " ended: " + common::wait_status_text(status));
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
    return error(named(pid) + " was sent SIGKILL! Perhaps out of memory?");
  return error(named(pid) + " ended unexpectedly: " + common::wait_status_text(status));
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
    for (const Worker& worker : slot.workers) consider(worker.kill_at);
  }
  return next;
}

std::size_t Plan::workers() const {
  std::size_t count = 0;
  for (const Slot& slot : slots_) count += slot.workers.size();
  return count;
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

void Plan::fork(Slot& slot, Actions& out) {
  slot.fork_at.reset();
  slot.is_forking = true;
  out.emplace_back(Fork{slot.number});
}

void Plan::end(Worker& worker, int signal, Clock::time_point now, Actions& out) {
  out.emplace_back(Signal{worker.pid, signal});
  if (!worker.kill_at) worker.kill_at = now + policy_.kill_after;
}

void Plan::on(Started, Clock::time_point now, Actions& out) {
  set_count(policy_.workers, now, out);
}

void Plan::on(Forked forked, Clock::time_point now, Actions& out) {
  Slot* const slot = slot_at(forked.slot);
  if (slot == nullptr) return;
  slot->is_forking = false;
  slot->workers.push_back({.pid = forked.pid});
  if (is_stopping_ || slot->is_closing) end(slot->workers.back(), SIGTERM, now, out);
}

void Plan::on(ForkFailed failed, Clock::time_point now, Actions& out) {
  Slot* const slot = slot_at(failed.slot);
  if (slot == nullptr) return;
  slot->is_forking = false;
  if (!slot->workers.empty()) return roll_failed(*slot, out);
  retry(*slot, now);
}

/// A new worker serves: the one that it replaces may go.
void Plan::on(Ready ready, Clock::time_point now, Actions& out) {
  Slot* const slot = slot_of(ready.pid);
  if (slot == nullptr || is_stopping_) return;
  worker_of(*slot, ready.pid)->is_ready = true;
  slot->failures = 0;
  ever_ready_ = true;
  for (Worker& worker : slot->workers)
    if (worker.is_old && !worker.kill_at) end(worker, SIGTERM, now, out);
  say_ready_once(out);
  if (!rolling_.empty() && rolling_.back() == slot->number) {
    rolling_.pop_back();
    roll_next(now, out);
  }
}

void Plan::on(RetireAsked asked, Clock::time_point, Actions& out) {
  Slot* const slot = slot_of(asked.pid);
  if (slot == nullptr || is_stopping_ || slot->is_closing || slot->workers.size() > 1 ||
      slot->is_forking)
    return;
  worker_of(*slot, asked.pid)->is_old = true;
  fork(*slot, out);
}

void Plan::on(Exited exited, Clock::time_point now, Actions& out) {
  Slot* const slot = slot_of(exited.pid);
  if (slot == nullptr) return;  // a stranger: pid 1's duty is done with it
  const Worker gone = *worker_of(*slot, exited.pid);
  std::erase_if(slot->workers, [&](const Worker& worker) { return worker.pid == exited.pid; });
  out.emplace_back(obituary(gone.pid, exited.status, gone.kill_at.has_value()));
  say_when_reloaded(out);
  if (is_stopping_) return finish_when_empty(out);

  if (!gone.is_ready && !ever_ready_ && has_exited_with(exited.status, cannot_start)) {
    out.emplace_back(error("No worker could start, stopping"));
    exit_status_ = cannot_start;
    return stop(StopAsked::How::graceful, now, out);
  }
  if (slot->is_closing) {
    if (slot->workers.empty() && !slot->is_forking)
      std::erase_if(slots_, [&](const Slot& other) { return other.number == slot->number; });
    return;
  }
  const bool has_other = !slot->workers.empty() || slot->is_forking;
  if (!gone.is_ready && has_other) return roll_failed(*slot, out);  // the successor failed
  if (has_other) return;                                            // the predecessor has gone
  if (gone.is_ready && slot->failures == 0 && has_exited_with(exited.status, 0))
    return fork(*slot, out);
  retry(*slot, now);
  if (slot->fork_at <= now) return fork(*slot, out);
  out.emplace_back(warning(
      "Next attempt in " +
      std::to_string(std::chrono::duration_cast<seconds>(*slot->fork_at - now).count()) + " s"));
}

/// 0, 1, 2, 4 ... seconds after failures in a row; a worker that got ready begins anew.
void Plan::retry(Slot& slot, Clock::time_point now) {
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
  for (Slot& slot : slots_) {
    slot.fork_at.reset();
    for (Worker& worker : slot.workers) {
      end(worker, is_quick ? SIGQUIT : SIGTERM, now, out);
      if (is_quick) worker.kill_at = std::min(*worker.kill_at, now + seconds{2});
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
  set_count(asked.workers, now, out);
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
      if (!slot->is_forking) fork(*slot, out);
      return;
    }
    rolling_.pop_back();
  }
}

void Plan::roll_failed(Slot& slot, Actions& out) {
  out.emplace_back(error("The new worker could not start; the old one serves on"));
  for (Worker& worker : slot.workers) worker.is_old = false;
  rolling_.clear();
  is_reloading_ = false;
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
}

void Plan::on(MoreAsked, Clock::time_point now, Actions& out) {
  if (!is_stopping_) set_count(++policy_.workers, now, out);
}

void Plan::on(FewerAsked, Clock::time_point now, Actions& out) {
  if (is_stopping_ || policy_.workers <= 1) return;
  set_count(--policy_.workers, now, out);
}

void Plan::set_count(int count, Clock::time_point now, Actions& out) {
  int open = static_cast<int>(std::ranges::count(slots_, false, &Slot::is_closing));
  for (; open < count; ++open) {
    slots_.push_back({.number = next_slot_++, .workers = {}});
    fork(slots_.back(), out);
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
  for (Worker& worker : slot.workers) end(worker, SIGTERM, now, out);
  if (slot.workers.empty() && !slot.is_forking)
    std::erase_if(slots_,
                  [number = slot.number](const Slot& other) { return other.number == number; });
}

void Plan::on(TimePassed, Clock::time_point now, Actions& out) {
  for (Slot& slot : slots_) {
    if (slot.fork_at && *slot.fork_at <= now) fork(slot, out);
    for (Worker& worker : slot.workers) {
      if (!worker.kill_at || *worker.kill_at > now) continue;
      out.emplace_back(warning(named(worker.pid) + " did not end in time, killed"));
      out.emplace_back(Signal{worker.pid, SIGKILL});
      worker.kill_at = now + seconds{5};
    }
  }
}

void Plan::say_ready_once(Actions& out) {
  if (said_ready_) return;
  const auto serves = [](const Slot& slot) {
    return std::ranges::any_of(slot.workers, &Worker::is_ready);
  };
  if (!std::ranges::all_of(slots_, serves)) return;
  said_ready_ = true;
  out.emplace_back(SayReady{});
}

}  // namespace asgi_worker::arbiter
