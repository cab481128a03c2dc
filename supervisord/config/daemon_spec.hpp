// [supervisord] and [unix_http_server], [inet_http_server] -> values. Source: Supervisor manual.
#pragma once

#include <optional>

#include "supervisord/config/load.hpp"
#include "supervisord/config/section.hpp"
#include "supervisord/config/server_spec.hpp"

namespace supervisord::config {

DaemonSpec read_daemon(SectionReader& reader, const Surroundings& world);
std::optional<ServerSpec> read_unix_server(SectionReader& reader, const Surroundings& world);
std::optional<ServerSpec> read_inet_server(SectionReader& reader);

/// The options of [supervisord], ours among them.
std::span<const std::string_view> daemon_options();

}  // namespace supervisord::config
