// Something that happened, as Supervisor's event types name it, and its bytes for the history.
// Source: Supervisor manual, "Event Types".
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "supervisord/process/state.hpp"

namespace supervisord::events {

struct Event {
  std::uint64_t epoch = 0;   // a fresh keeper starts a new one
  std::uint64_t serial = 0;  // from 1, rises by one in an epoch
  std::chrono::system_clock::time_point at;
  std::string type;  // "PROCESS_STATE_RUNNING"
  std::string group;
  std::string process;
  process::State from = process::State::unknown;
  process::State to = process::State::unknown;
  pid_t pid = 0;
  std::string payload;  // Supervisor's text form
};

struct EventPosition {
  std::uint64_t epoch = 0;
  std::uint64_t serial = 0;  // the last one that was seen
};

std::string encode(const Event& event);
/// None for bytes that are no event.
std::optional<Event> decode(std::string_view bytes);

}  // namespace supervisord::events
