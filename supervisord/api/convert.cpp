#include "supervisord/api/convert.hpp"

#include <sys/wait.h>

#include <chrono>

#include "common/utf8.hpp"

namespace supervisord::api {

using control::Fault;

v1::State to_proto(process::State state) {
  switch (state) {
    case process::State::stopped: return v1::STATE_STOPPED;
    case process::State::starting: return v1::STATE_STARTING;
    case process::State::running: return v1::STATE_RUNNING;
    case process::State::backoff: return v1::STATE_BACKOFF;
    case process::State::stopping: return v1::STATE_STOPPING;
    case process::State::exited: return v1::STATE_EXITED;
    case process::State::fatal: return v1::STATE_FATAL;
    case process::State::unknown: return v1::STATE_UNKNOWN;
  }
  return v1::STATE_UNSPECIFIED;
}

v1::Fault to_proto(Fault fault) {
  switch (fault) {
    case Fault::none: return v1::FAULT_UNSPECIFIED;
    case Fault::unknown_method: return v1::FAULT_UNKNOWN_METHOD;
    case Fault::shutdown_state: return v1::FAULT_SHUTDOWN_STATE;
    case Fault::bad_name: return v1::FAULT_BAD_NAME;
    case Fault::bad_signal: return v1::FAULT_BAD_SIGNAL;
    case Fault::no_file: return v1::FAULT_NO_FILE;
    case Fault::not_executable: return v1::FAULT_NOT_EXECUTABLE;
    case Fault::failed: return v1::FAULT_FAILED;
    case Fault::abnormal_termination: return v1::FAULT_ABNORMAL_TERMINATION;
    case Fault::spawn_error: return v1::FAULT_SPAWN_ERROR;
    case Fault::already_started: return v1::FAULT_ALREADY_STARTED;
    case Fault::not_running: return v1::FAULT_NOT_RUNNING;
    case Fault::already_added: return v1::FAULT_ALREADY_ADDED;
    case Fault::still_running: return v1::FAULT_STILL_RUNNING;
    case Fault::cant_reread: return v1::FAULT_CANT_REREAD;
    case Fault::bad_arguments: return v1::FAULT_BAD_ARGUMENTS;
  }
  return v1::FAULT_FAILED;
}

std::string_view fault_name(Fault fault) {
  constexpr std::string_view prefix = "FAULT_";
  if (fault == Fault::none) return "";
  return std::string_view{v1::Fault_Name(to_proto(fault))}.substr(prefix.size());
}

v1::DaemonState to_proto(control::DaemonState state) {
  switch (state) {
    case control::DaemonState::running: return v1::DAEMON_STATE_RUNNING;
    case control::DaemonState::restarting: return v1::DAEMON_STATE_RESTARTING;
    case control::DaemonState::shutting_down: return v1::DAEMON_STATE_SHUTTING_DOWN;
  }
  return v1::DAEMON_STATE_UNSPECIFIED;
}

v1::UpdateGroupsResponse::Step to_proto(control::UpdateStep step) {
  switch (step) {
    case control::UpdateStep::stopped: return v1::UpdateGroupsResponse::STEP_STOPPED;
    case control::UpdateStep::removed: return v1::UpdateGroupsResponse::STEP_REMOVED;
    case control::UpdateStep::updated: return v1::UpdateGroupsResponse::STEP_UPDATED;
    case control::UpdateStep::added: return v1::UpdateGroupsResponse::STEP_ADDED;
    case control::UpdateStep::failed: return v1::UpdateGroupsResponse::STEP_FAILED;
  }
  return v1::UpdateGroupsResponse::STEP_UNSPECIFIED;
}

google::protobuf::Timestamp to_proto(process::WallTime time) {
  using namespace std::chrono;
  const auto whole = floor<seconds>(time);  // so that the nanoseconds are never negative
  google::protobuf::Timestamp out;
  out.set_seconds(whole.time_since_epoch().count());
  out.set_nanos(static_cast<std::int32_t>(duration_cast<nanoseconds>(time - whole).count()));
  return out;
}

google::protobuf::Duration to_proto(std::chrono::nanoseconds time) {
  constexpr std::int64_t a_second = 1'000'000'000;
  google::protobuf::Duration out;
  out.set_seconds(time.count() / a_second);
  out.set_nanos(static_cast<std::int32_t>(time.count() % a_second));
  return out;
}

void to_proto(const process::Status& status, v1::Process& out) {
  out.set_group(status.group);
  out.set_name(status.name);
  out.set_state(to_proto(status.state));
  out.set_pid(status.pid);
  if (status.started_at) *out.mutable_started_at() = to_proto(*status.started_at);
  if (status.stopped_at) *out.mutable_stopped_at() = to_proto(*status.stopped_at);
  if (status.pid != 0) out.mutable_uptime()->set_seconds(status.uptime.count());
  if (status.exit_status) out.set_exit_status(*status.exit_status);
  out.set_spawn_error(common::to_utf8(status.spawn_error));
  out.set_status_text(common::to_utf8(status.status_text));
  out.set_restarts(status.restarts);
  out.set_stdout_logfile(common::to_utf8(status.stdout_logfile));
  out.set_stderr_logfile(common::to_utf8(status.stderr_logfile));
  out.set_description(common::to_utf8(status.description()));
}

void to_proto(const process::RunEnd& end, v1::RunEnd& out) {
  *out.mutable_at() = to_proto(end.at);
  out.set_pid(end.pid);
  if (end.wait_status && WIFEXITED(*end.wait_status))
    out.set_exit_status(WEXITSTATUS(*end.wait_status));
  if (end.wait_status && WIFSIGNALED(*end.wait_status)) out.set_signal(WTERMSIG(*end.wait_status));
  out.set_expected(end.expected);
  out.set_stopped(end.stopped);
  if (end.ran) *out.mutable_ran() = to_proto(std::chrono::nanoseconds{*end.ran});
  out.set_reason(common::to_utf8(end.reason));
}

void to_proto(const control::Outcome& outcome, v1::Outcome& out) {
  out.set_group(outcome.group);
  out.set_process(outcome.process);
  out.set_fault(to_proto(outcome.fault));
  out.set_detail(common::to_utf8(outcome.detail));
}

void to_proto(const control::DaemonInfo& info, v1::Daemon& out) {
  out.set_pid(info.pid);
  out.set_daemon_pid(info.daemon_pid);
  out.set_version(info.version);
  out.set_identifier(info.identifier);
  out.set_state(to_proto(info.state));
  *out.mutable_started_at() = to_proto(info.started_at);
  *out.mutable_daemon_started_at() = to_proto(info.daemon_started_at);
  out.set_config_file(info.config_file);
  out.set_daemon_starts(info.daemon_starts);
  out.set_keeper_version(info.keeper_version);
  out.set_keeper_upgrades(info.keeper_upgrades);
}

void to_proto(const control::AvailableProcess& process, v1::AvailableProcess& out) {
  out.set_group(process.group);
  out.set_name(process.name);
  out.set_in_use(process.in_use);
  out.set_autostart(process.autostart);
  out.set_group_priority(process.group_priority);
  out.set_process_priority(process.process_priority);
}

void to_proto(const control::Event& event, v1::Event& out) {
  out.mutable_position()->set_epoch(event.epoch);
  out.mutable_position()->set_serial(event.serial);
  *out.mutable_at() = to_proto(event.at);
  out.set_type(event.type);
  out.set_group(event.group);
  out.set_process(event.process);
  out.set_from(to_proto(event.from));
  out.set_to(to_proto(event.to));
  out.set_pid(event.pid);
  out.set_payload(event.payload);
}

void to_proto(control::LogChunk chunk, v1::LogChunk& out) {
  out.mutable_position()->set_file_id(chunk.position.file_id);
  out.mutable_position()->set_offset(chunk.position.offset);
  out.set_data(std::move(chunk.bytes));
  out.set_truncated(chunk.truncated);
}

control::LogName from_proto(const v1::LogName& name) {
  switch (name.channel()) {
    case v1::LOG_CHANNEL_STDERR: return {name.process(), control::Channel::stderr_log};
    case v1::LOG_CHANNEL_MAIN: return {name.process(), control::Channel::main_log};
    default:
      return {name.process(), control::Channel::stdout_log};  // also numbers of a later version
  }
}

namespace {

grpc::StatusCode code_of(Fault fault) {
  switch (fault) {
    case Fault::none: return grpc::StatusCode::OK;
    case Fault::unknown_method: return grpc::StatusCode::UNIMPLEMENTED;
    case Fault::shutdown_state: return grpc::StatusCode::UNAVAILABLE;
    case Fault::bad_name:
    case Fault::no_file: return grpc::StatusCode::NOT_FOUND;
    case Fault::bad_signal:
    case Fault::bad_arguments: return grpc::StatusCode::INVALID_ARGUMENT;
    case Fault::already_added: return grpc::StatusCode::ALREADY_EXISTS;
    case Fault::failed: return grpc::StatusCode::INTERNAL;
    case Fault::not_executable:
    case Fault::abnormal_termination:
    case Fault::spawn_error:
    case Fault::already_started:
    case Fault::not_running:
    case Fault::still_running:
    case Fault::cant_reread: return grpc::StatusCode::FAILED_PRECONDITION;
  }
  return grpc::StatusCode::UNKNOWN;
}

}  // namespace

grpc::Status to_status(const control::Ending& ending) {
  if (ending.fault == Fault::none) return grpc::Status::OK;
  v1::FaultDetail detail;
  detail.set_fault(to_proto(ending.fault));
  detail.set_detail(common::to_utf8(ending.detail));
  std::string message{fault_name(ending.fault)};
  if (!ending.detail.empty()) message += ": " + ending.detail;
  return {code_of(ending.fault), message, detail.SerializeAsString()};
}

control::Ending ending_of(const common::Error& error) {
  if (error.code == common::Errc::not_found) return {Fault::bad_name, error.context};
  if (error.code == common::Errc::missing) return {Fault::no_file, error.context};
  return {Fault::failed, error.context};
}

bool is_of_type(std::string_view type, std::string_view subscribed) {
  if (subscribed.empty() || subscribed == "EVENT" || type == subscribed) return true;
  return type.starts_with(subscribed) && type[subscribed.size()] == '_';
}

}  // namespace supervisord::api
