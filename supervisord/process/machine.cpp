#include "supervisord/process/machine.hpp"

#include <algorithm>

namespace supervisord::process {
namespace {

using namespace std::chrono_literals;

constexpr auto shortest_cycle = 1s;  // between two spawns of a program that never fails to start
constexpr auto between_kills = std::chrono::seconds{1};  // at least, when stopwaitsecs is 0

}  // namespace

std::vector<Action> Machine::step(const Input& input, Clock::time_point now) {
  Actions out;
  std::visit([&](const auto& what) { on(what, now, out); }, input);
  return out;
}

void Machine::on(const StartAsked&, Clock::time_point now, Actions& out) {
  if (is_down(memory_.state) && !memory_.has_child) {
    start(now, out);
  } else if (memory_.state == State::backoff) {  // the person does not want to wait for the delay
    start(now, out);
  }
}

void Machine::on(const StopAsked&, Clock::time_point now, Actions& out) { stop(now, out); }

void Machine::on(const ShutdownAsked&, Clock::time_point now, Actions& out) {
  starts_have_ended_ = true;
  if (memory_.state == State::backoff) {
    give_up(out);
    return;
  }
  stop(now, out);
}

void Machine::on(const StartsEnd&, Clock::time_point, Actions& out) {
  starts_have_ended_ = true;
  memory_.restart_wanted = false;
  if (memory_.state == State::backoff || memory_.state == State::exited) clear_timer(out);
}

void Machine::on(const Spawned&, Clock::time_point now, Actions& out) {
  if (memory_.state != State::starting) return;
  memory_.started_at = now;
  look_at_start(now, out);
}

void Machine::on(const SpawnFailed& failure, Clock::time_point now, Actions& out) {
  if (!memory_.has_child) return;
  memory_.has_child = false;
  switch (memory_.state) {
    case State::starting: fail_start(failure.reason, now, out); return;
    case State::stopping:
    case State::unknown:
      clear_timer(out);
      memory_.spawn_error = failure.reason;
      enter(State::stopped, out);
      return;
    case State::stopped:
    case State::running:
    case State::backoff:
    case State::exited:
    case State::fatal: return;
  }
}

void Machine::on(const Exited& exit, Clock::time_point now, Actions& out) {
  if (!memory_.has_child) return;
  memory_.has_child = false;
  memory_.exit_code = exit.code.value_or(-1);
  switch (memory_.state) {
    case State::starting:
      if (memory_.giving_up_start) {
        const auto limit = std::to_string(policy_.ready_timeout.value_or(0s).count());
        fail_start("Not ready within " + limit + " seconds (ready_timeout)", now, out);
      } else if (now - memory_.started_at < policy_.start_secs) {
        memory_.exit_code.reset();
        fail_start(
            exit.why.empty() ? "Exited too quickly (process log may have details)" : exit.why, now,
            out);
      } else if (policy_.ready_timeout && !memory_.ready) {
        memory_.exit_code.reset();
        fail_start("Exited before it was ready (process log may have details)", now, out);
      } else {  // it was up long enough, the timer has not been looked at yet
        memory_.failed_starts = 0;
        enter(State::running, out);
        end_run(exit, now, out);
      }
      return;
    case State::running: end_run(exit, now, out); return;
    case State::stopping:
      clear_timer(out);
      enter(State::stopped, out, is_expected(exit));
      return;
    case State::unknown:
      clear_timer(out);
      enter(State::exited, out, is_expected(exit));
      return;
    case State::stopped:
    case State::backoff:
    case State::exited:
    case State::fatal: return;
  }
}

void Machine::on(const Ready&, Clock::time_point now, Actions& out) {
  if (!memory_.has_child) return;
  memory_.ready = true;
  if (memory_.state == State::starting) look_at_start(now, out);
}

void Machine::on(const SignalRefused&, Clock::time_point, Actions& out) {
  if (!memory_.has_child) return;
  clear_timer(out);
  enter(State::unknown, out);
}

void Machine::on(const TimerFired&, Clock::time_point now, Actions& out) {
  memory_.due.reset();
  switch (memory_.state) {
    case State::starting:
      if (memory_.giving_up_start) {
        out.push_back(Signal{SIGKILL, policy_.kill_as_group});
        set_timer(now + std::max(policy_.stop_wait, between_kills), out);
      } else {
        look_at_start(now, out);
      }
      return;
    case State::backoff: start(now, out); return;
    case State::stopping:
      out.push_back(Signal{SIGKILL, policy_.kill_as_group});
      set_timer(now + std::max(policy_.stop_wait, between_kills), out);
      return;
    case State::exited:
      if (memory_.restart_wanted) start(now, out);
      return;
    case State::stopped:
    case State::running:
    case State::fatal:
    case State::unknown: return;
  }
}

void Machine::enter(State to, Actions& out, bool expected) {
  out.push_back(Announce{memory_.state, to, expected, memory_.failed_starts});
  memory_.state = to;
}

void Machine::start(Clock::time_point now, Actions& out) {
  clear_timer(out);
  memory_.has_child = true;
  memory_.ready = false;
  memory_.giving_up_start = false;
  memory_.restart_wanted = false;
  memory_.started_at = now;
  memory_.spawn_error.clear();
  memory_.exit_code.reset();
  enter(State::starting, out);
  out.push_back(Spawn{});
}

void Machine::stop(Clock::time_point now, Actions& out) {
  switch (memory_.state) {
    case State::starting:
    case State::running:
      enter(State::stopping, out);
      out.push_back(Signal{policy_.stop_signal, policy_.stop_as_group});
      set_timer(now + policy_.stop_wait, out);
      return;
    case State::backoff:  // nothing runs, so there is nothing to wait for
      clear_timer(out);
      enter(State::stopped, out);
      return;
    case State::exited:  // it may be waiting to be restarted
      clear_timer(out);
      memory_.restart_wanted = false;
      return;
    case State::stopped:
    case State::stopping:
    case State::fatal:
    case State::unknown: return;
  }
}

void Machine::fail_start(std::string reason, Clock::time_point now, Actions& out) {
  memory_.spawn_error = std::move(reason);
  memory_.giving_up_start = false;
  ++memory_.failed_starts;
  enter(State::backoff, out);
  if (memory_.failed_starts > policy_.start_retries) {
    give_up(out);
    return;
  }
  if (starts_have_ended_) {
    clear_timer(out);
    return;
  }
  set_timer(now + std::chrono::seconds{memory_.failed_starts}, out);
}

void Machine::give_up(Actions& out) {
  clear_timer(out);
  memory_.failed_starts = 0;
  enter(State::fatal, out);
}

void Machine::end_run(const Exited& exit, Clock::time_point now, Actions& out) {
  clear_timer(out);
  if (!is_expected(exit)) {
    memory_.spawn_error =
        exit.why.empty() ? "Bad exit code " + std::to_string(exit.code.value_or(-1)) : exit.why;
  }
  enter(State::exited, out, is_expected(exit));
  if (!restarts_after(exit)) return;
  const auto earliest = memory_.started_at + shortest_cycle;
  if (now >= earliest) {
    start(now, out);
    return;
  }
  memory_.restart_wanted = true;
  set_timer(earliest, out);
}

// STARTING with a child: RUNNING when it has been up for long enough and is ready, else when to
// look again.
void Machine::look_at_start(Clock::time_point now, Actions& out) {
  const auto up_at = memory_.started_at + policy_.start_secs;
  const bool waits_for_ready = policy_.ready_timeout.has_value() && !memory_.ready;
  if (now >= up_at && !waits_for_ready) {
    clear_timer(out);
    memory_.failed_starts = 0;
    memory_.spawn_error.clear();
    enter(State::running, out);
    return;
  }
  if (!waits_for_ready) {
    set_timer(up_at, out);
    return;
  }
  const auto ready_by = memory_.started_at + *policy_.ready_timeout;
  if (now < ready_by) {
    set_timer(ready_by, out);
    return;
  }
  memory_.giving_up_start = true;
  out.push_back(Signal{policy_.stop_signal, policy_.stop_as_group});
  set_timer(now + policy_.stop_wait, out);
}

void Machine::rebase(Clock::time_point now) {
  memory_.started_at = std::min(memory_.started_at, now);
  if (memory_.due) memory_.due = std::min(*memory_.due, now + longest_wait());
}

Clock::duration Machine::longest_wait() const {
  const Clock::duration stop_wait = std::max(policy_.stop_wait, between_kills);
  switch (memory_.state) {
    case State::starting:
      return std::max({Clock::duration{policy_.start_secs}, stop_wait,
                       Clock::duration{policy_.ready_timeout.value_or(0s)}});
    case State::backoff: return std::chrono::seconds{memory_.failed_starts};
    case State::stopping: return stop_wait;
    case State::exited: return shortest_cycle;
    case State::stopped:
    case State::running:
    case State::fatal:
    case State::unknown: return {};
  }
  return {};
}

void Machine::set_timer(Clock::time_point at, Actions& out) {
  memory_.due = at;
  out.push_back(SetTimer{at});
}

void Machine::clear_timer(Actions& out) {
  if (!memory_.due) return;
  memory_.due.reset();
  out.push_back(ClearTimer{});
}

bool Machine::is_expected(const Exited& exit) const {
  return exit.code && std::ranges::find(policy_.exit_codes, *exit.code) != policy_.exit_codes.end();
}

bool Machine::restarts_after(const Exited& exit) const {
  if (starts_have_ended_) return false;
  switch (policy_.restart) {
    case Restart::never: return false;
    case Restart::always: return true;
    case Restart::unexpected: return !is_expected(exit);
  }
  return false;
}

}  // namespace supervisord::process
