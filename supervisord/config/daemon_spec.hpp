// [supervisord] and what the command line says over it. Source: Supervisor manual, "[supervisord]
// Section Values".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "supervisord/config/overrides.hpp"
#include "supervisord/config/section.hpp"
#include "supervisord/config/server_spec.hpp"
#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

std::span<const std::string_view> daemon_options();

/// "info"; errors: Supervisor's "bad logging level name 'x'".
common::Result<LogLevel> parse_log_level(std::string_view text);
std::string_view log_level_name(LogLevel level);

/// What is wrong is reported, and has its default in the answer.
DaemonSpec read_daemon(const RawSection& raw, const Overrides& overrides,
                       const common::Names& names, const Surroundings& surroundings,
                       Report& report);

}  // namespace supervisord::config
