// Signals by name and number, as the platform (and so Supervisor) names them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace common {

/// "SIGTERM" for 15; "signal 42" for one that has no name. Source: Supervisor, signame().
std::string signal_name(int number);
/// With or without SIG, any case. None: no such name.
std::optional<int> signal_number(std::string_view name);
/// Whether the platform names it (RTMIN and RTMAX, but none between them).
bool is_named_signal(int number);

}  // namespace common
