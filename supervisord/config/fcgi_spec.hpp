// The shared socket of an [fcgi-program:x]; its processes are read as a program's.
// Source: Supervisor manual, "[fcgi-program:x] Section Settings".
#pragma once

#include <span>
#include <string_view>

#include "supervisord/config/process_spec.hpp"
#include "supervisord/config/section.hpp"
#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

/// Those that a program does not have.
std::span<const std::string_view> fcgi_options();

/// What is wrong is reported.
ListenSpec read_fcgi_socket(Section& section, const Surroundings& surroundings);

}  // namespace supervisord::config
