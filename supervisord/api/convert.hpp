// The daemon's values as supervisor.v1 has them. Pure.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <string_view>

#include "common/error.hpp"
#include "supervisor/v1/daemon.pb.h"
#include "supervisor/v1/event.pb.h"
#include "supervisor/v1/log.pb.h"
#include "supervisor/v1/process.pb.h"
#include "supervisord/control/control.hpp"

namespace supervisord::api {

namespace v1 = ::supervisor::v1;

v1::State to_proto(process::State state);
v1::Fault to_proto(control::Fault fault);
v1::DaemonState to_proto(control::DaemonState state);
v1::UpdateGroupsResponse::Step to_proto(control::UpdateStep step);
google::protobuf::Timestamp to_proto(process::WallTime time);
google::protobuf::Duration to_proto(std::chrono::nanoseconds time);  // not negative
void to_proto(const process::Status& status, v1::Process& out);
void to_proto(const process::RunEnd& end, v1::RunEnd& out);
void to_proto(const control::Outcome& outcome, v1::Outcome& out);
void to_proto(const control::DaemonInfo& info, v1::Daemon& out);
void to_proto(const control::AvailableProcess& process, v1::AvailableProcess& out);
void to_proto(const control::Event& event, v1::Event& out);
/// Takes the bytes along.
void to_proto(control::LogChunk chunk, v1::LogChunk& out);

control::LogName from_proto(const v1::LogName& name);

/// Supervisor's name of a fault: "BAD_NAME"; "" for none.
std::string_view fault_name(control::Fault fault);

/// How a call ends: OK for Fault::none, else a canonical code, "BAD_NAME: web" and a FaultDetail.
grpc::Status to_status(const control::Ending& ending);
/// Errc::not_found is BAD_NAME, Errc::missing NO_FILE, all else FAILED.
control::Ending ending_of(const common::Error& error);

/// Whether an event of `type` belongs to a subscription: the type itself, or one above it
/// ("PROCESS_STATE").
bool is_of_type(std::string_view type, std::string_view subscribed);

}  // namespace supervisord::api
