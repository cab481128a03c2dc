// The sections that are neither the daemon's, a server's nor a program's: [rpcinterface:x],
// [ctlplugin:x], supervisorctl's, and those that nobody knows.
#pragma once

#include <span>
#include <string_view>

#include "common/expand.hpp"
#include "supervisord/config/files.hpp"
#include "supervisord/config/report.hpp"

namespace supervisord::config {

/// As they stand in a file, "program:" with its colon for those that bear a name behind it.
std::span<const std::string_view> known_sections();
/// [supervisorctl]'s, which common/ctl_section.hpp reads.
std::span<const std::string_view> ctl_options();
std::span<const std::string_view> include_options();

/// Errors of [rpcinterface:x], warnings for what has no effect or is unknown.
void check_other_sections(const RawFiles& files, const common::Names& names, Report& report);

}  // namespace supervisord::config
