// Rows -> JSON for scripts: one line each, keys always in the same order. Pure.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <string_view>
#include <vector>

#include "supervisor/v1/daemon.pb.h"
#include "supervisor/v1/event.pb.h"
#include "supervisor/v1/process.pb.h"

namespace supervisorctl {

namespace v1 = ::supervisor::v1;

/// With its quotes. What is not UTF-8 becomes U+FFFD.
std::string json_string(std::string_view text);
/// "2026-11-25T12:00:00.123Z"
std::string utc_text(const google::protobuf::Timestamp& time);
/// {"name":"web:web_0","group":"web",...}
std::string json_of(const v1::Process& process);
/// [{...},\n{...}] and a line end.
std::string json_of(const std::vector<const v1::Process*>& processes);
std::string json_of(const v1::Event& event);
std::string json_of(const v1::RunEnd& end);

}  // namespace supervisorctl
