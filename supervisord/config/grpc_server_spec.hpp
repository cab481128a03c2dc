// [grpc_server], also with :NAME behind: gRPC over TCP. OURS. Off unless there is such a section;
// plain text and callers without credentials are taken on loopback only.
#pragma once

#include <span>
#include <string_view>

#include "supervisord/config/section.hpp"
#include "supervisord/config/server_spec.hpp"
#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

std::span<const std::string_view> grpc_server_options();

/// What is wrong is reported.
ServerSpec read_grpc_server(Section& section, const Surroundings& surroundings);

}  // namespace supervisord::config
