#include <algorithm>
#include <vector>

#include "supervisor/v1/daemon.grpc.pb.h"
#include "supervisor/v1/process.grpc.pb.h"
#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/commands/targets.hpp"
#include "supervisorctl/commands/watch.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/json.hpp"
#include "supervisorctl/output/name.hpp"
#include "supervisorctl/output/table.hpp"

namespace supervisorctl {
namespace {

Answer<v1::ListProcessesResponse> list(Session& session,
                                       const v1::ListProcessesRequest& request = {}) {
  return session.client().call(&v1::ProcessService::Stub::ListProcesses, request,
                               Client::Repeat::while_replaced);
}

/// The row of one process alone, which is less to send of many; all when there is more to be shown,
/// or no such process.
Answer<v1::ListProcessesResponse> list_for(Session& session,
                                           const std::vector<std::string>& names) {
  const bool is_one = names.size() == 1 && names.front() != "all" &&
                      split_name(names.front()).process && !is_pattern(names.front());
  if (!is_one) return list(session);
  v1::ListProcessesRequest request;
  request.mutable_selectors()->Assign(names.begin(), names.end());
  auto answer = list(session, request);
  const bool is_unknown = !answer && answer.error().kind == Failure::Kind::fault &&
                          answer.error().fault == v1::FAULT_BAD_NAME;
  return is_unknown ? list(session) : std::move(answer);
}

bool is_of(const v1::Process& process, const Name& name) {
  return process.group() == name.group && (!name.process || process.name() == *name.process);
}

bool names_all(const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), "all") != names.end();
}

}  // namespace

namespace {

struct Chosen {
  std::vector<const v1::Process*> shown;
  std::vector<std::string> unknown;  // a line for each
};

Chosen choose(const v1::ListProcessesResponse& all, const std::vector<std::string>& names) {
  Chosen out;
  if (names.empty() || names_all(names)) {
    for (const v1::Process& process : all.processes()) out.shown.push_back(&process);
    return out;
  }
  for (const std::string& text : names) {
    const Name name = split_name(text);
    const std::size_t before = out.shown.size();
    for (const v1::Process& process : all.processes()) {
      if (is_meant_by(text, process)) out.shown.push_back(&process);
    }
    if (out.shown.size() != before) continue;
    out.unknown.push_back(name.process ? text + ": ERROR (no such process)"
                                       : name.group + ": ERROR (no such group)");
  }
  return out;
}

}  // namespace

bool is_meant_by(const std::string& text, const v1::Process& process) {
  return is_of(process, split_name(text)) ||
         (is_pattern(text) && fits(text, process.group(), process.name()));
}

void run_status(Session& session, std::string_view arguments) {
  if (!session.is_up()) return session.fail(exit_code::status_unknown);
  const auto given = parse_arguments(session, "status", words_of(arguments));
  if (!given) return;
  if (given->has("--watch")) return watch_status(session, *given);
  const auto answer = list_for(session, given->names);
  if (!answer) return session.fail(answer.error());
  const auto [shown, unknown] = choose(*answer, given->names);
  const bool as_json = given->has("--json");
  for (const std::string& line : unknown) {
    if (as_json) {
      session.hint(line);  // what a script reads is JSON and nothing else
    } else {
      session.print(line);
    }
    session.fail(exit_code::status_unknown);
  }
  session.write(as_json ? json_of(shown)
                        : status_table(shown, session.screen().colour ? Paint::yes : Paint::no));
  for (const v1::Process* const process : shown) {
    if (is_down(process->state())) session.fail(exit_code::status_stopped);
  }
}

void run_pid(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto names = words_of(arguments);
  if (names.empty()) {
    const auto answer =
        session.client().call(&v1::DaemonService::Stub::GetDaemon, v1::GetDaemonRequest{},
                              Client::Repeat::while_replaced);
    if (!answer) return session.fail(answer.error());
    return session.print(std::to_string((*answer).daemon().pid()));
  }
  const auto answer = list(session);
  if (!answer) return session.fail(answer.error());
  const auto& all = (*answer).processes();
  if (names_all(names)) {
    for (const v1::Process& process : all) session.print(std::to_string(process.pid()));
    return;
  }
  const auto tell_pid = [&session](const v1::Process& process) {
    session.print(std::to_string(process.pid()));
    if (process.pid() == 0) session.fail(exit_code::not_running);
  };
  for (const std::string& text : names) {
    const Name name = split_name(text);
    const bool pattern = is_pattern(text);
    bool found = false;
    for (const v1::Process& process : all) {
      const bool is_meant = pattern ? fits(text, process.group(), process.name())
                                    : name.process && is_of(process, name);
      if (is_meant) tell_pid(process);
      found |= is_meant;
    }
    if (found) continue;
    session.print("No such process " + text);
    session.fail(exit_code::generic);
  }
}

}  // namespace supervisorctl
