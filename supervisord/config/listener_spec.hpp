// What makes an [eventlistener:x] a pool of listeners; its processes are read as a program's.
// Source: Supervisor manual, "[eventlistener:x] Section Settings".
#pragma once

#include <span>
#include <string_view>

#include "supervisord/config/process_spec.hpp"
#include "supervisord/config/section.hpp"

namespace supervisord::config {

constexpr int listener_priority = -1;  // of the pool: started first, stopped last

/// Those that a program does not have.
std::span<const std::string_view> listener_options();
/// The event types that can be subscribed to, abstract ones too: "PROCESS_STATE".
std::span<const std::string_view> event_types();

/// What is wrong is reported.
EventListenerSpec read_listener(Section& section);
/// A listener's stdout speaks the protocol: no capture, events or syslog. Warns of those that are
/// set.
void quiet_stdout(Section& section, std::vector<ProcessSpec>& processes);

}  // namespace supervisord::config
