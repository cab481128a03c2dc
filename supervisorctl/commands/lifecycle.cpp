// start, stop, restart, signal, clear. As with Supervisor, several names are taken one after the
// other, each finished before the next; the processes of a group, of a pattern, or all, go
// together.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <set>
#include <vector>

#include "supervisor/v1/log.grpc.pb.h"
#include "supervisor/v1/process.grpc.pb.h"
#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/commands/lifecycle.hpp"
#include "supervisorctl/commands/progress.hpp"
#include "supervisorctl/commands/targets.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/name.hpp"
#include "supervisorctl/output/outcome.hpp"
#include "supervisorctl/output/table.hpp"

namespace supervisorctl {
namespace {

using Process = v1::ProcessService::Stub;

/// Of many, those that there is nothing to do for are not told.
bool is_worth_telling(Verb verb, const Target& target, const v1::Outcome& outcome) {
  if (target.is_single) return true;
  if (verb == Verb::start) return outcome.fault() != v1::FAULT_ALREADY_STARTED;
  return (verb != Verb::stop && verb != Verb::signal) || outcome.fault() != v1::FAULT_NOT_RUNNING;
}

/// The first try has failed, and others may follow.
bool may_still_start(const v1::Outcome& outcome) {
  return outcome.fault() == v1::FAULT_SPAWN_ERROR ||
         outcome.fault() == v1::FAULT_ABNORMAL_TERMINATION;
}

std::size_t count_of(Session& session, const Target& target) {
  if (target.is_single || !session.screen().is_terminal) return 1;  // no bar to be drawn
  v1::ListProcessesRequest request;
  request.mutable_selectors()->Assign(target.selectors.begin(), target.selectors.end());
  const auto answer = session.client().call(&Process::ListProcesses, request);
  return answer ? static_cast<std::size_t>((*answer).processes_size()) : 1;
}

template <class Request, class Method>
Answer<void> stream_outcomes(Session& session, Verb verb, Method method, const Target& target,
                             const Patience& patience, std::vector<v1::Outcome>& retried) {
  Request request;
  request.mutable_selectors()->Assign(target.selectors.begin(), target.selectors.end());
  request.set_no_wait(patience.kind == Patience::Kind::none);
  Progress progress{session, count_of(session, target)};
  return session.client().stream(method, request, [&](const auto& response) {
    const v1::Outcome& outcome = response.outcome();
    if (verb == Verb::start && patience.kind == Patience::Kind::through_retries &&
        may_still_start(outcome)) {
      retried.push_back(outcome);
      return;
    }
    const bool told = is_worth_telling(verb, target, outcome);
    progress.step(told ? outcome_line(verb, outcome) : "");
    if (told) session.fail(outcome_status(verb, outcome.fault()));
  });
}

/// Those whose first try has failed: until each is RUNNING, or is given up.
Answer<void> await_retries(Session& session, std::vector<v1::Outcome>& retried) {
  if (retried.empty()) return {};
  v1::WatchProcessesRequest request;
  for (const v1::Outcome& outcome : retried)
    request.add_selectors(outcome.group() + ":" + outcome.process());
  return session.client().stream(
      &Process::WatchProcesses, request, [&](const v1::WatchProcessesResponse& response) {
        for (const v1::Process& process : response.processes()) {
          const auto outcome = std::ranges::find_if(retried, [&](const v1::Outcome& each) {
            return each.group() == process.group() && each.process() == process.name();
          });
          const bool is_up = process.state() == v1::STATE_RUNNING;
          if (outcome == retried.end() || (!is_up && !is_down(process.state()))) continue;
          if (is_up) outcome->set_fault(v1::FAULT_UNSPECIFIED);
          tell(session, Verb::start, *outcome);
          retried.erase(outcome);
        }
        return !retried.empty();
      });
}

/// The time limit has passed: which are not there yet.
void tell_late(Session& session, Verb verb, const Target& target, const Patience& patience) {
  session.client().set_deadline(std::nullopt);
  v1::ListProcessesRequest request;
  request.mutable_selectors()->Assign(target.selectors.begin(), target.selectors.end());
  const auto answer = session.client().call(&Process::ListProcesses, request);
  if (!answer) return session.fail(answer.error());
  for (const v1::Process& process : (*answer).processes()) {
    const bool is_there = verb == Verb::stop ? is_down(process.state())
                                             : process.state() == v1::STATE_RUNNING ||
                                                   process.state() == v1::STATE_EXITED;
    if (is_there) continue;
    session.print(display_name(process.group(), process.name()) + ": ERROR (" +
                  std::string{state_name(process.state())} + " after " +
                  std::to_string(patience.limit->count()) + " s)");
  }
  session.fail(exit_code::not_running);
}

/// False: the failure ends the command.
bool start_or_stop(Session& session, Verb verb, const Target& target, const Patience& patience) {
  std::vector<v1::Outcome> retried;
  auto ended = verb == Verb::start
                   ? stream_outcomes<v1::StartProcessesRequest>(
                         session, verb, &Process::StartProcesses, target, patience, retried)
                   : stream_outcomes<v1::StopProcessesRequest>(
                         session, verb, &Process::StopProcesses, target, patience, retried);
  if (ended) ended = await_retries(session, retried);
  if (ended) return true;
  if (ended.error().kind == Failure::Kind::timed_out) {
    tell_late(session, verb, target, patience);
    return false;
  }
  return tell_refused(session, verb, target, ended.error());
}

/// `request` without its selectors.
bool signal_one(Session& session, v1::SignalProcessesRequest request, const Target& target) {
  request.mutable_selectors()->Assign(target.selectors.begin(), target.selectors.end());
  const auto answer = session.client().call(&Process::SignalProcesses, request);
  if (!answer) return tell_refused(session, Verb::signal, target, answer.error());
  for (const v1::Outcome& outcome : (*answer).outcomes()) {
    if (is_worth_telling(Verb::signal, target, outcome)) tell(session, Verb::signal, outcome);
  }
  return true;
}

bool clear_one(Session& session, const Target& target) {
  const bool is_group = target.text != "all" && !target.is_single && !is_pattern(target.text);
  if (is_group) {  // Supervisor knows no groups here, and says so like this
    session.print(split_name(target.text).group + ":None: ERROR (no such process)");
    session.fail(exit_code::generic);
    return true;
  }
  v1::ClearProcessLogsRequest request;
  request.mutable_selectors()->Assign(target.selectors.begin(), target.selectors.end());
  const auto answer = session.client().call(&v1::LogService::Stub::ClearProcessLogs, request);
  if (!answer) return tell_refused(session, Verb::clear, target, answer.error());
  for (const v1::Outcome& outcome : (*answer).outcomes()) tell(session, Verb::clear, outcome);
  return true;
}

/// Each target in turn; a pattern that fits nothing is an unknown process.
template <class Act>
void for_each_target(Session& session, Verb verb, const std::vector<std::string>& names,
                     const Act& act) {
  const auto targets = targets_of(session, names);
  if (!targets) return;
  for (const Target& target : *targets) {
    if (target.selectors.empty()) {
      session.print(target.text + ": ERROR (no such process)");
      session.fail(outcome_status(verb, v1::FAULT_BAD_NAME));
    } else if (!act(target)) {
      return;
    }
  }
}

void start_or_stop_all(Session& session, Verb verb, const std::vector<std::string>& names,
                       const Patience& patience) {
  for_each_target(session, verb, names, [&](const Target& target) {
    return start_or_stop(session, verb, target, patience);
  });
}

}  // namespace

void tell(Session& session, Verb verb, const v1::Outcome& outcome) {
  session.print(outcome_line(verb, outcome));
  session.fail(outcome_status(verb, outcome.fault()));
}

bool tell_refused(Session& session, Verb verb, const Target& target, const Failure& failure) {
  if (failure.kind != Failure::Kind::fault) {
    session.fail(failure);
    return false;
  }
  const Name name = split_name(target.selectors.size() == 1 ? target.text : failure.text);
  if (!name.process && failure.fault == v1::FAULT_BAD_NAME) {
    session.print(name.group + ": ERROR (no such group)");
    session.fail(verb == Verb::start ? exit_code::usage : exit_code::generic);
    return true;
  }
  v1::Outcome outcome;
  outcome.set_group(name.group);
  outcome.set_process(name.process.value_or(name.group));
  outcome.set_fault(failure.fault);
  outcome.set_detail(failure.text);
  tell(session, verb, outcome);
  return true;
}

std::optional<Patience> patience_of(Session& session, std::string_view command,
                                    const Given& given) {
  Patience out;
  if (given.has("--wait")) out.kind = Patience::Kind::through_retries;
  if (given.has("--no-wait")) out.kind = Patience::Kind::none;
  if (!given.has("--timeout")) return out;
  const std::string text = given.value("--timeout");
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || seconds <= 0) {
    misuse(session, command, "--timeout takes a whole number of seconds, not '" + text + "'",
           exit_code::generic);
    return std::nullopt;
  }
  out.limit = std::chrono::seconds{seconds};
  session.client().set_deadline(std::chrono::system_clock::now() + *out.limit);
  return out;
}

void run_start(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto given = parse_arguments(session, "start", words_of(arguments));
  if (!given) return;
  if (given->names.empty())
    return misuse(session, "start", "start requires a process name", exit_code::usage);
  const auto patience = patience_of(session, "start", *given);
  if (!patience) return;
  start_or_stop_all(session, Verb::start, given->names, *patience);
  session.client().set_deadline(std::nullopt);
}

void run_stop(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto given = parse_arguments(session, "stop", words_of(arguments));
  if (!given) return;
  if (given->names.empty())
    return misuse(session, "stop", "stop requires a process name", exit_code::generic);
  const auto patience = patience_of(session, "stop", *given);
  if (!patience) return;
  start_or_stop_all(session, Verb::stop, given->names, *patience);
  session.client().set_deadline(std::nullopt);
}

void run_restart(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto given = parse_arguments(session, "restart", words_of(arguments));
  if (!given) return;
  if (given->names.empty())
    return misuse(session, "restart", "restart requires a process name", exit_code::generic);
  const auto patience = patience_of(session, "restart", *given);
  if (!patience) return;
  if (given->has("--rolling") || given->has("--batch")) {
    restart_rolling(session, *given);
  } else {
    start_or_stop_all(session, Verb::stop, given->names,
                      {Patience::Kind::settled, patience->limit});
    start_or_stop_all(session, Verb::start, given->names, *patience);
  }
  session.client().set_deadline(std::nullopt);
}

void run_signal(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto words = words_of(arguments);
  if (words.size() < 2) {
    return misuse(session, "signal", "signal requires a signal name and a process name",
                  exit_code::generic);
  }
  v1::SignalProcessesRequest request;
  request.set_signal(words.front());
  for_each_target(session, Verb::signal, {words.begin() + 1, words.end()},
                  [&](const Target& target) { return signal_one(session, request, target); });
}

void run_clear(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto names = words_of(arguments);
  if (names.empty())
    return misuse(session, "clear", "clear requires a process name", exit_code::generic);
  for_each_target(session, Verb::clear, names,
                  [&](const Target& target) { return clear_one(session, target); });
}

void signal_reload(Session& session, const std::vector<std::string>& names) {
  v1::SignalProcessesRequest request;
  request.set_reload(true);
  for_each_target(session, Verb::signal, names,
                  [&](const Target& target) { return signal_one(session, request, target); });
}

}  // namespace supervisorctl
