// start, stop, restart, signal, clear. As with Supervisor, several names are taken one after the
// other, each finished before the next; the processes of a group, or all, go together.
#include <algorithm>
#include <vector>

#include "supervisor/v1/log.grpc.pb.h"
#include "supervisor/v1/process.grpc.pb.h"
#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/name.hpp"
#include "supervisorctl/output/outcome.hpp"

namespace supervisorctl {
namespace {

/// "all" among the names stands for the whole list.
std::vector<std::string> selectors_of(const std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), "all") != names.end()) return {"all"};
  return names;
}

bool is_single(const std::string& selector) {
  return selector != "all" && split_name(selector).process;
}

/// Of many, those that there is nothing to do for are not told.
bool is_worth_telling(Verb verb, const std::string& selector, const v1::Outcome& outcome) {
  if (is_single(selector)) return true;
  if (verb == Verb::start) return outcome.fault() != v1::FAULT_ALREADY_STARTED;
  return verb != Verb::stop || outcome.fault() != v1::FAULT_NOT_RUNNING;
}

void tell(Session& session, Verb verb, const v1::Outcome& outcome) {
  session.print(outcome_line(verb, outcome));
  session.fail(outcome_status(verb, outcome.fault()));
}

/// A call for one selector was refused: that is this name's outcome. False: the failure ends the
/// command.
bool tell_refused(Session& session, Verb verb, const std::string& selector,
                  const Failure& failure) {
  if (failure.kind != Failure::Kind::fault) {
    session.fail(failure);
    return false;
  }
  const Name name = split_name(selector);
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

template <class Request, class Method>
bool stream_outcomes(Session& session, Verb verb, Method method, const std::string& selector) {
  Request request;
  request.add_selectors(selector);
  const auto ended = session.client().stream(method, request, [&](const auto& response) {
    if (is_worth_telling(verb, selector, response.outcome()))
      tell(session, verb, response.outcome());
  });
  return ended || tell_refused(session, verb, selector, ended.error());
}

bool start_one(Session& session, const std::string& selector) {
  return stream_outcomes<v1::StartProcessesRequest>(
      session, Verb::start, &v1::ProcessService::Stub::StartProcesses, selector);
}

bool stop_one(Session& session, const std::string& selector) {
  return stream_outcomes<v1::StopProcessesRequest>(
      session, Verb::stop, &v1::ProcessService::Stub::StopProcesses, selector);
}

bool signal_one(Session& session, const std::string& signal, const std::string& selector) {
  v1::SignalProcessesRequest request;
  request.add_selectors(selector);
  request.set_signal(signal);
  const auto answer = session.client().call(&v1::ProcessService::Stub::SignalProcesses, request);
  if (!answer) return tell_refused(session, Verb::signal, selector, answer.error());
  for (const v1::Outcome& outcome : (*answer).outcomes()) tell(session, Verb::signal, outcome);
  return true;
}

bool clear_one(Session& session, const std::string& selector) {
  if (selector != "all" &&
      !is_single(selector)) {  // Supervisor knows no groups here, and says so like this
    session.print(split_name(selector).group + ":None: ERROR (no such process)");
    session.fail(exit_code::generic);
    return true;
  }
  v1::ClearProcessLogsRequest request;
  request.add_selectors(selector);
  const auto answer = session.client().call(&v1::LogService::Stub::ClearProcessLogs, request);
  if (!answer) return tell_refused(session, Verb::clear, selector, answer.error());
  for (const v1::Outcome& outcome : (*answer).outcomes()) tell(session, Verb::clear, outcome);
  return true;
}

}  // namespace

void run_start(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto names = words_of(arguments);
  if (names.empty())
    return misuse(session, "start", "start requires a process name", exit_code::usage);
  for (const std::string& selector : selectors_of(names)) {
    if (!start_one(session, selector)) return;
  }
}

void run_stop(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto names = words_of(arguments);
  if (names.empty())
    return misuse(session, "stop", "stop requires a process name", exit_code::generic);
  for (const std::string& selector : selectors_of(names)) {
    if (!stop_one(session, selector)) return;
  }
}

void run_restart(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto names = words_of(arguments);
  if (names.empty())
    return misuse(session, "restart", "restart requires a process name", exit_code::generic);
  run_stop(session, arguments);
  run_start(session, arguments);
}

void run_signal(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto words = words_of(arguments);
  if (words.size() < 2) {
    return misuse(session, "signal", "signal requires a signal name and a process name",
                  exit_code::generic);
  }
  for (const std::string& selector : selectors_of({words.begin() + 1, words.end()})) {
    if (!signal_one(session, words.front(), selector)) return;
  }
}

void run_clear(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto names = words_of(arguments);
  if (names.empty())
    return misuse(session, "clear", "clear requires a process name", exit_code::generic);
  for (const std::string& selector : selectors_of(names)) {
    if (!clear_one(session, selector)) return;
  }
}

}  // namespace supervisorctl
