#include "supervisord/control/operation.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
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
  for (const auto code : {std::errc::is_a_directory, std::errc::executable_format_error,
                          std::errc::permission_denied}) {
    if (error.code == code) return Fault::not_executable;
  }
  return Fault::spawn_error;
}

/// What a change means to who waits for a start; nothing while it goes on.
std::optional<Outcome> start_outcome(const Process& process, State to) {
  switch (to) {
    case State::starting: return std::nullopt;
    case State::running: return outcome_of(process, Fault::none);
    case State::backoff:
    case State::fatal:
      return outcome_of(
          process, process.failed_to_spawn() ? Fault::spawn_error : Fault::abnormal_termination,
          process.status().spawn_error);
    case State::stopped:
    case State::stopping:
    case State::exited:
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
  Verb verb;
  Wait wait;
  Progress progress;
  Done done;
  bool has_listener = true;
  bool is_begun = false;
  std::multiset<std::pair<std::string, std::string>> pending;  // group, process
  std::vector<Outcome> settled;                                // not told yet
  bool told_all = false;
};

struct Operations::Listener : Interest {
  explicit Listener(std::shared_ptr<Operation> of) : operation{std::move(of)} {}
  ~Listener() override { operation->has_listener = false; }
  std::shared_ptr<Operation> operation;
};

InterestPtr Operations::run(Verb verb, const std::vector<Process*>& processes, Wait wait,
                            Progress progress, Done done) {
  auto operation = std::make_shared<Operation>();
  operation->verb = verb;
  operation->wait = wait;
  operation->progress = std::move(progress);
  operation->done = std::move(done);
  operations_.push_back(operation);
  for (Process* const process : processes) begin(operation, *process);
  operation->is_begun = true;
  finish_if_settled(operation);
  return std::make_unique<Listener>(std::move(operation));
}

void Operations::begin(const std::shared_ptr<Operation>& operation, Process& process) {
  const std::pair name{process.spec().group, process.name()};
  if (operation->verb == Verb::start) {
    if (process::is_up(process.state())) {
      settle(*operation, outcome_of(process, Fault::already_started));
      return;
    }
    if (const auto runnable = process.check_command();
        !runnable && fault_of(runnable.error()) != Fault::spawn_error) {
      settle(*operation, outcome_of(process, fault_of(runnable.error()), runnable.error().context));
      return;
    }
    operation->pending.insert(name);
    process.start();
    if (process.state() == State::stopping)
      settle(*operation, outcome_of(process, Fault::abnormal_termination));
  } else {
    if (!process::is_up(process.state()) && process.state() != State::stopping &&
        !process.waits_for_restart()) {
      settle(*operation, outcome_of(process, Fault::not_running));
      return;
    }
    const bool only_waits = process.waits_for_restart();
    operation->pending.insert(name);
    process.stop();
    if (only_waits) settle(*operation, outcome_of(process, Fault::none));
  }
  if (operation->wait == Wait::no && operation->pending.contains(name))
    settle(*operation, outcome_of(process, Fault::none));
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
  }
  if (operation->settled.empty() && !is_over) return;
  boost::asio::post(io_, [operation, outcomes = std::exchange(operation->settled, {}), is_over] {
    for (const auto& outcome : outcomes) {
      if (operation->has_listener) operation->progress(outcome);
    }
    if (is_over && operation->has_listener) operation->done({});
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
