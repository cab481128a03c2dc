// Rows and lists -> the text that Supervisor's users and their scripts read. Pure.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <string_view>
#include <vector>

#include "supervisor/v1/daemon.pb.h"
#include "supervisor/v1/process.pb.h"

namespace supervisorctl {

namespace v1 = ::supervisor::v1;

/// "RUNNING"
std::string_view state_name(v1::State state);
/// Where `status` answers 3.
bool is_down(v1::State state);

enum class Paint { no, yes };
/// A line for each process: name, state, description. Nothing is trimmed: lines may end in blanks.
std::string status_table(const std::vector<const v1::Process*>& processes, Paint paint = Paint::no);
/// "1 day, 2:03:04", as Supervisor writes an uptime.
std::string uptime_text(std::int64_t seconds);
/// "2026-11-25 12:00:00,123", in this machine's local time, as supervisord's log has it.
std::string local_text(const google::protobuf::Timestamp& time);
/// How a run ended, without when: "exit status 3 (not expected) after 0:00:12, pid 7".
std::string run_end_text(const v1::RunEnd& end);
/// As the daemon made it, so many seconds later: an uptime goes on.
std::string description_after(const v1::Process& process, std::int64_t seconds);
/// The text and blanks behind it; counted in code points.
std::string padded(std::string_view text, std::size_t width);
/// A line of `avail`.
std::string available_line(const v1::AvailableProcess& process);
/// A line of `reread` for each group, sorted; "No config updates to processes" when there is none.
std::vector<std::string> reread_lines(const v1::RereadResponse& changes);
/// Names in columns, down first, as wide as a terminal of `width`.
std::string columns(const std::vector<std::string_view>& names, std::size_t width);

}  // namespace supervisorctl
