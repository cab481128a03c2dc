// reread, update, add, remove, avail. These say nothing of their own about a server that is not
// there: exit status 1.
#include <algorithm>
#include <vector>

#include "supervisor/v1/daemon.grpc.pb.h"
#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/name.hpp"
#include "supervisorctl/output/table.hpp"

namespace supervisorctl {
namespace {

using Stub = v1::ConfigService::Stub;

bool is_fault(const Failure& failure, v1::Fault fault) {
  return failure.kind == Failure::Kind::fault && failure.fault == fault;
}

/// Says `line` in the place of a failure's own words.
void refuse(Session& session, std::string_view line, int status = exit_code::generic) {
  session.print(line);
  session.fail(status);
}

void tell_step(Session& session, const v1::UpdateGroupsResponse& step) {
  switch (step.step()) {
    case v1::UpdateGroupsResponse::STEP_STOPPED: return session.print(step.group() + ": stopped");
    case v1::UpdateGroupsResponse::STEP_REMOVED:
      return session.print(step.group() + ": removed process group");
    case v1::UpdateGroupsResponse::STEP_UPDATED:
      return session.print(step.group() + ": updated process group");
    case v1::UpdateGroupsResponse::STEP_ADDED:
      return session.print(step.group() + ": added process group");
    case v1::UpdateGroupsResponse::STEP_FAILED:
      if (!step.detail().empty()) session.hint(step.group() + ": " + step.detail());
      return refuse(session, step.group() + ": has problems; not removing");
    default: return;  // a later version's step
  }
}

}  // namespace

void run_reread(Session& session, std::string_view) {
  const auto answer = session.client().call(&Stub::Reread, v1::RereadRequest{});
  if (!answer) {
    if (is_fault(answer.error(), v1::FAULT_SHUTDOWN_STATE))
      return refuse(session, "ERROR: supervisor shutting down");
    return session.fail(answer.error());
  }
  for (const std::string& line : reread_lines(*answer)) session.print(line);
}

void run_update(Session& session, std::string_view arguments) {
  auto groups = words_of(arguments);
  if (std::find(groups.begin(), groups.end(), "all") != groups.end()) groups.clear();
  const bool all = groups.empty();
  // A group that is not known is told, and the others are updated all the same.
  while (all || !groups.empty()) {
    v1::UpdateGroupsRequest request;
    request.mutable_groups()->Assign(groups.begin(), groups.end());
    const auto ended = session.client().stream(
        &Stub::UpdateGroups, request,
        [&](const v1::UpdateGroupsResponse& step) { tell_step(session, step); });
    if (ended) return;
    if (is_fault(ended.error(), v1::FAULT_SHUTDOWN_STATE))
      return refuse(session, "ERROR: already shutting down");
    const auto unknown = std::find(groups.begin(), groups.end(), ended.error().text);
    if (!is_fault(ended.error(), v1::FAULT_BAD_NAME) || unknown == groups.end())
      return session.fail(ended.error());
    refuse(session, "ERROR: no such group: " + *unknown);
    groups.erase(std::remove(unknown, groups.end(), ended.error().text), groups.end());
  }
}

void run_add(Session& session, std::string_view arguments) {
  for (const std::string& group : words_of(arguments)) {
    v1::AddGroupRequest request;
    request.set_group(group);
    const auto answer = session.client().call(&Stub::AddGroup, request);
    if (answer) {
      session.print(group + ": added process group");
    } else if (is_fault(answer.error(), v1::FAULT_SHUTDOWN_STATE)) {
      refuse(session, "ERROR: shutting down");
    } else if (is_fault(answer.error(), v1::FAULT_ALREADY_ADDED)) {
      refuse(session, "ERROR: process group already active", exit_code::success);
    } else if (is_fault(answer.error(), v1::FAULT_BAD_NAME)) {
      refuse(session, "ERROR: no such process/group: " + group);
    } else {
      return session.fail(answer.error());
    }
  }
}

void run_remove(Session& session, std::string_view arguments) {
  for (const std::string& group : words_of(arguments)) {
    v1::RemoveGroupRequest request;
    request.set_group(group);
    const auto answer = session.client().call(&Stub::RemoveGroup, request);
    if (answer) {
      session.print(group + ": removed process group");
    } else if (is_fault(answer.error(), v1::FAULT_STILL_RUNNING)) {
      refuse(session, "ERROR: process/group still running: " + group);
    } else if (is_fault(answer.error(), v1::FAULT_BAD_NAME)) {
      refuse(session, "ERROR: no such process/group: " + group);
    } else {
      return session.fail(answer.error());
    }
  }
}

void run_avail(Session& session, std::string_view) {
  const auto answer = session.client().call(&Stub::ListAvailable, v1::ListAvailableRequest{},
                                            Client::Repeat::while_replaced);
  if (!answer) {
    if (is_fault(answer.error(), v1::FAULT_SHUTDOWN_STATE))
      return refuse(session, "ERROR: supervisor shutting down");
    return session.fail(answer.error());
  }
  std::string text;
  for (const v1::AvailableProcess& process : (*answer).processes())
    text += available_line(process) + "\n";
  session.write(text);
}

}  // namespace supervisorctl
