// What supervisord says of itself when it starts, in Supervisor's words. Pure.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "common/log.hpp"
#include "supervisord/config/config.hpp"

namespace supervisord {

using Lines = std::vector<std::pair<common::Level, std::string>>;

/// Before the servers are open: what the files said, the user.
Lines start_lines(const config::Config& config, uid_t uid);
/// Once they are, with a warning for each that asks for no password.
Lines serving_lines(const std::vector<config::ServerSpec>& servers);
/// Then: what the keeper did when it went to the background.
Lines background_lines(const config::DaemonSpec& daemon);

}  // namespace supervisord
