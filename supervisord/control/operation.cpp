#include "supervisord/control/operation.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

namespace supervisord::control {
namespace {

using process::Process;
using process::State;
using process::StateChange;

Outcome outcome_of(const Process& process, Fault fault, std::string detail = {}) {
  return {process.spec().group, process.name(), fault, std::move(detail)};
}

Fault fault_of(const common::Error& error) {
  if (error.code == std::errc::no_such_file_or_directory) return Fault::no_file;
  if (error.code == common::Errc::bad_syntax) return Fault::not_executable;  // no such command line
  for (const auto code : {std::errc::is_a_directory, std::errc::executable_format_error,
                          std::errc::permission_denied}) {
    if (error.code == code) return Fault::not_executable;
  }
  return Fault::spawn_error;
}

/// What is wrong with the command so that no start can come to anything, if something is.
std::optional<Outcome> outcome_of_command(const Process& process) {
  const auto runnable = process.check_command();
  if (runnable || fault_of(runnable.error()) == Fault::spawn_error) return std::nullopt;
  return outcome_of(process, fault_of(runnable.error()), runnable.error().context);
}

/// It may have ended in the same moment: long enough after its start, but before that was noticed.
std::optional<Outcome> running_outcome(const Process& process) {
  if (process.state() == State::running) return outcome_of(process, Fault::none);
  if (process.state() == State::starting) return std::nullopt;  // started again
  const auto why = process.status().spawn_error;
  return outcome_of(process, why.empty() ? Fault::abnormal_termination : Fault::spawn_error, why);
}

/// What a change means to who waits for a start; nothing while it goes on. A failed first try ends
/// the wait although it is tried again, and an early exit is a spawn error: as with Supervisor.
std::optional<Outcome> start_outcome(const Process& process, State to) {
  switch (to) {
    case State::starting: return std::nullopt;
    case State::running:
    case State::exited: return running_outcome(process);
    case State::backoff:
    case State::fatal: return outcome_of(process, Fault::spawn_error, process.status().spawn_error);
    case State::stopped:
    case State::stopping:
    case State::unknown: return outcome_of(process, Fault::abnormal_termination);
  }
  return std::nullopt;
}

std::optional<Outcome> stop_outcome(const Process& process, State to) {
  switch (to) {
    case State::stopped:
    case State::exited:
    case State::fatal: return outcome_of(process, Fault::none);
    case State::unknown: return outcome_of(process, Fault::failed, "it could not be signalled");
    case State::starting:
    case State::running:
    case State::backoff:
    case State::stopping: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

struct Operations::Operation {
  explicit Operation(boost::asio::io_context& io) : reminder{io} {}
  Verb verb = Verb::start;
  Wait wait = Wait::until_settled;
  Progress progress;
  Done done;
  bool has_listener = true;
  bool is_begun = false;
  bool is_of_one = false;
  std::multiset<std::pair<std::string, std::string>> pending;  // group, process
  std::vector<Outcome> settled;                                // not told yet
  bool told_all = false;
  boost::asio::steady_timer reminder;
};

struct Operations::Listener : Interest {
  explicit Listener(std::shared_ptr<Operation> of) : operation{std::move(of)} {}
  ~Listener() override { operation->has_listener = false; }
  std::shared_ptr<Operation> operation;
};

// A callback may own what owns the operation's Interest: a restart does.
Operations::~Operations() {
  for (const auto& operation : operations_) {
    const auto progress = std::exchange(operation->progress, {});
    const auto done = std::exchange(operation->done, {});
    operation->has_listener = false;
  }
}

InterestPtr Operations::run(Verb verb, const std::vector<Process*>& processes, Wait wait,
                            Progress progress, Done done) {
  auto operation = std::make_shared<Operation>(surroundings_.io);
  operation->verb = verb;
  operation->wait = wait;
  operation->progress = std::move(progress);
  operation->done = std::move(done);
  operations_.push_back(operation);
  operation->is_of_one = processes.size() == 1;
  for (Process* const process : processes) begin(operation, *process);
  operation->is_begun = true;
  tell_waiting(operation);
  finish_if_settled(operation);
  return std::make_unique<Listener>(std::move(operation));
}

void Operations::begin(const std::shared_ptr<Operation>& operation, Process& process) {
  if (operation->verb == Verb::start) {
    begin_start(*operation, process);
  } else {
    begin_stop(*operation, process);
  }
  if (operation->wait == Wait::no &&
      operation->pending.contains({process.spec().group, process.name()}))
    settle(*operation, outcome_of(process, Fault::none));
}

void Operations::begin_start(Operation& operation, Process& process) {
  const bool is_up = process::is_up(process.state());
  // Of one alone, Supervisor looks at the command before the state: one in BACKOFF whose command is
  // missing says so. Of several, those that are up are passed over.
  const auto refused = is_up && !operation.is_of_one ? std::nullopt : outcome_of_command(process);
  if (refused) return settle(operation, *refused);
  if (is_up) return settle(operation, outcome_of(process, Fault::already_started));
  if (process.state() == State::unknown) {
    settle(operation,
           outcome_of(process, Fault::failed, process.name() + " is in an unknown process state"));
    return;
  }
  operation.pending.insert({process.spec().group, process.name()});
  process.start();
  if (process.state() == State::stopping && operation.wait == Wait::until_settled)
    settle(operation, outcome_of(process, Fault::abnormal_termination));
}

void Operations::begin_stop(Operation& operation, Process& process) {
  const bool joins = operation.verb == Verb::take_down && process.state() == State::stopping;
  const bool only_waits = process.waits_for_restart();
  if (!process::is_up(process.state()) && !joins && !only_waits) {
    settle(operation, outcome_of(process, Fault::not_running));
    return;
  }
  operation.pending.insert({process.spec().group, process.name()});
  process.stop();
  if (only_waits) settle(operation, outcome_of(process, Fault::none));
}

// "waiting for NAME to stop", at once and every 2 s, while somebody waits. Source: Supervisor's
// log.
void Operations::tell_waiting(const std::shared_ptr<Operation>& operation) {
  if (operation->verb == Verb::start || !operation->has_listener) return;
  for (const auto& [group, name] : operation->pending)
    surroundings_.report(common::Level::info, "waiting for " + name + " to stop");
  if (operation->pending.empty()) return;
  operation->reminder.expires_after(std::chrono::seconds{2});
  operation->reminder.async_wait([this, operation](const boost::system::error_code& error) {
    if (!error) tell_waiting(operation);
  });
}

void Operations::settle(Operation& operation, const Outcome& outcome) {
  if (const auto found = operation.pending.find({outcome.group, outcome.process});
      found != operation.pending.end()) {
    operation.pending.erase(found);
  }
  operation.settled.push_back(outcome);
}

void Operations::finish_if_settled(const std::shared_ptr<Operation>& operation) {
  if (!operation->is_begun || operation->told_all) return;
  const bool is_over = operation->pending.empty();
  if (is_over) {
    operation->told_all = true;
    std::erase(operations_, operation);
    operation->reminder.cancel();
  }
  if (operation->settled.empty() && !is_over) return;
  auto outcomes = std::exchange(operation->settled, {});
  if (!is_over) {
    boost::asio::post(surroundings_.io, [operation, outcomes = std::move(outcomes)] {
      for (const auto& outcome : outcomes) {
        if (operation->has_listener) operation->progress(outcome);
      }
    });
    return;
  }
  // With the callbacks, which may own what owns the operation's Interest: a restart does.
  boost::asio::post(surroundings_.io,
                    [operation, outcomes = std::move(outcomes), progress = operation->progress,
                     done = std::exchange(operation->done, {})] {
                      for (const auto& outcome : outcomes) {
                        if (operation->has_listener) progress(outcome);
                      }
                      if (operation->has_listener) done({});
                      operation->progress = {};
                    });
}

void Operations::on_change(const StateChange& change) {
  const auto current = operations_;
  for (const auto& operation : current) {
    const auto name = std::pair{change.group, change.name};
    if (!operation->pending.contains(name)) continue;
    const auto* const group = table_.find_group(change.group);
    const Process* const process = group == nullptr ? nullptr : group->find(change.name);
    if (process == nullptr) continue;
    const auto outcome = operation->verb == Verb::start ? start_outcome(*process, change.to)
                                                        : stop_outcome(*process, change.to);
    if (!outcome) continue;
    while (operation->pending.contains(name)) settle(*operation, *outcome);
    finish_if_settled(operation);
  }
}

void Operations::on_group_removed(std::string_view group) {
  const auto current = operations_;
  for (const auto& operation : current) {
    std::vector<Outcome> gone;
    for (const auto& [of, process] : operation->pending) {
      if (of == group) gone.push_back({of, process, Fault::bad_name, "its group was removed"});
    }
    for (const auto& outcome : gone) settle(*operation, outcome);
    finish_if_settled(operation);
  }
}

}  // namespace supervisord::control
