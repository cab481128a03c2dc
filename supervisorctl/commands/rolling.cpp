// restart --rolling.
#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <vector>

#include "supervisor/v1/process.grpc.pb.h"
#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/commands/lifecycle.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/name.hpp"

namespace supervisorctl {
namespace {

using Process = v1::ProcessService::Stub;

/// "group:process" of all that the names mean, each once, in the order of the names. Nothing: one
/// is not known, which has been told, and nothing is restarted.
std::optional<std::vector<std::string>> members_of(Session& session,
                                                   const std::vector<std::string>& names) {
  const auto targets = targets_of(session, names);
  if (!targets) return std::nullopt;
  std::vector<std::string> members;
  std::set<std::string> seen;
  for (const Target& target : *targets) {
    if (target.selectors.empty()) {
      session.print(target.text + ": ERROR (no such process)");
      session.fail(exit_code::generic);
      return std::nullopt;
    }
    v1::ListProcessesRequest request;
    request.mutable_selectors()->Assign(target.selectors.begin(), target.selectors.end());
    const auto answer = session.client().call(&Process::ListProcesses, request);
    if (!answer) {
      tell_refused(session, Verb::start, target, answer.error());
      return std::nullopt;
    }
    for (const v1::Process& process : (*answer).processes()) {
      std::string name = process.group() + ":" + process.name();
      if (seen.insert(name).second) members.push_back(std::move(name));
    }
  }
  return members;
}

std::optional<std::size_t> batch_size(Session& session, const Given& given) {
  if (!given.has("--batch")) return 1;
  const std::string text = given.value("--batch");
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error == std::errc{} && end == text.data() + text.size() && size > 0) return size;
  misuse(session, "restart", "--batch takes a number of processes, not '" + text + "'",
         exit_code::generic);
  return std::nullopt;
}

/// False: one of them did not come up, or the call failed; that has been told.
bool restart_batch(Session& session, const std::vector<std::string>& batch) {
  v1::RestartProcessesRequest request;
  request.mutable_selectors()->Assign(batch.begin(), batch.end());
  bool all_up = true;
  const auto ended = session.client().stream(
      &Process::RestartProcesses, request, [&](const v1::RestartProcessesResponse& response) {
        const v1::Outcome& outcome = response.outcome();
        if (response.step() == v1::RestartProcessesResponse::STEP_STOPPED) {
          if (outcome.fault() != v1::FAULT_NOT_RUNNING) tell(session, Verb::stop, outcome);
          return;
        }
        tell(session, Verb::start, outcome);
        all_up &= outcome.fault() == v1::FAULT_UNSPECIFIED ||
                  outcome.fault() == v1::FAULT_ALREADY_STARTED;
      });
  if (ended) return all_up;
  if (ended.error().kind == Failure::Kind::timed_out) {
    session.print("ERROR: the time limit has passed");
    session.fail(exit_code::not_running);
    return false;
  }
  tell_refused(session, Verb::start, {batch.front(), batch, batch.size() == 1}, ended.error());
  return false;
}

}  // namespace

void restart_rolling(Session& session, const Given& given) {
  const auto size = batch_size(session, given);
  if (!size) return;
  const auto members = members_of(session, given.names);
  if (!members) return;
  for (std::size_t begin = 0; begin < members->size(); begin += *size) {
    const auto first = members->begin() + static_cast<std::ptrdiff_t>(begin);
    const std::size_t end = std::min(begin + *size, members->size());
    if (restart_batch(session, {first, members->begin() + static_cast<std::ptrdiff_t>(end)}))
      continue;
    const std::size_t left = members->size() - end;
    session.print("ERROR: the rolling restart has ended here; " + std::to_string(left) + " of " +
                  std::to_string(members->size()) + " were left as they are");
    return;
  }
}

}  // namespace supervisorctl
