// What event listeners read: the payload of each type of event, and the header before it. Pure.
// Source: Supervisor manual, "Event Listeners and Event Notifications", "Event Types".
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "supervisord/process/state.hpp"

namespace supervisord::events {

/// Whether a subscription to `subscribed` brings events of `type`: itself or a parent of it.
bool covers(std::string_view subscribed, std::string_view type);

/// "PROCESS_STATE_RUNNING"
std::string state_event_type(process::State to);

struct StatePayload {
  std::string_view process;
  std::string_view group;
  process::State from = process::State::stopped;
  process::State to = process::State::stopped;
  pid_t pid = 0;
  int tries = 0;         // failed starts in a row
  bool expected = true;  // of an exit
};
std::string payload_of(const StatePayload& state);

/// Whose output it is.
struct OutputOf {
  std::string_view process;
  std::string_view group;
  pid_t pid = 0;
};
/// PROCESS_LOG_STDOUT and _STDERR; `channel` is "stdout" or "stderr".
std::string log_payload(const OutputOf& of, std::string_view channel, std::string_view data);
/// PROCESS_COMMUNICATION_STDOUT and _STDERR.
std::string communication_payload(const OutputOf& of, std::string_view data);
/// REMOTE_COMMUNICATION.
std::string remote_payload(std::string_view type, std::string_view data);
/// TICK_5, _60 and _3600: seconds since 1970.
std::string tick_payload(std::int64_t when);
/// PROCESS_GROUP_ADDED and _REMOVED.
std::string group_payload(std::string_view group);

/// The text that `bytes` are; if they are no UTF-8, "Undecodable: b'...'" with them as Python
/// writes bytes.
std::string as_text(std::string_view bytes);

struct Header {
  std::string_view server;  // [supervisord] identifier
  std::uint64_t serial = 0;
  std::string_view pool;
  std::uint64_t pool_serial = 0;
  std::string_view type;
};
/// All that goes to a listener for one event. `len` counts characters, not bytes, as Supervisor
/// has it.
std::string envelope(const Header& header, std::string_view payload);

}  // namespace supervisord::events
