// What the audit lines (control/audit.hpp) say of a call by gRPC. Pure.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/support/status.h>

#include <string>
#include <string_view>

#include "supervisor/v1/process.pb.h"
#include "supervisord/control/audit.hpp"

namespace supervisord::api {

constexpr std::string_view audit_way = "api";

/// The method and the names in its request: "StopProcesses web g:*". Bytes are told by their
/// number.
std::string what_of(std::string_view method, const google::protobuf::Message& request);

/// "" when it is OK.
std::string reason_of(const grpc::Status& status);

void count(const ::supervisor::v1::Outcome& outcome, control::Tally& tally);

}  // namespace supervisord::api
