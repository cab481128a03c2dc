#include "supervisord/config/listener_spec.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "common/values.hpp"

namespace supervisord::config {
namespace {

constexpr std::array<std::string_view, 3> options{"events", "buffer_size", "result_handler"};

constexpr std::array<std::string_view, 27> types{
    "EVENT",
    "PROCESS_STATE",
    "PROCESS_STATE_STARTING",
    "PROCESS_STATE_RUNNING",
    "PROCESS_STATE_BACKOFF",
    "PROCESS_STATE_STOPPING",
    "PROCESS_STATE_EXITED",
    "PROCESS_STATE_STOPPED",
    "PROCESS_STATE_FATAL",
    "PROCESS_STATE_UNKNOWN",
    "REMOTE_COMMUNICATION",
    "PROCESS_LOG",
    "PROCESS_LOG_STDOUT",
    "PROCESS_LOG_STDERR",
    "PROCESS_COMMUNICATION",
    "PROCESS_COMMUNICATION_STDOUT",
    "PROCESS_COMMUNICATION_STDERR",
    "SUPERVISOR_STATE_CHANGE",
    "SUPERVISOR_STATE_CHANGE_RUNNING",
    "SUPERVISOR_STATE_CHANGE_STOPPING",
    "TICK",
    "TICK_5",
    "TICK_60",
    "TICK_3600",
    "PROCESS_GROUP",
    "PROCESS_GROUP_ADDED",
    "PROCESS_GROUP_REMOVED",
};

std::string upper_case(std::string_view text) {
  std::string upper{text};
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

/// The message's "[eventlistener:x]".
std::string in_brackets(const Section& section) { return "[" + section.name() + "]"; }

void read_events(Section& section, std::vector<std::string>& events) {
  const bool is_set = section.has("events");
  const auto text = section.text("events");
  if (is_set && !text) return;  // reported
  for (const std::string& item : common::split_list(text.value_or(""))) {
    std::string name = upper_case(item);
    if (std::find(types.begin(), types.end(), name) == types.end()) {
      const std::string_view near = nearest(name, types);
      section.fail("events",
                   "Unknown event type " + name + " in " + in_brackets(section) + " events",
                   near.empty() ? "event types, separated by commas"
                                : "event types, such as " + std::string{near});
      continue;
    }
    if (std::find(events.begin(), events.end(), name) == events.end()) {
      events.push_back(std::move(name));
    }
  }
  if (!text || text->empty()) {
    section.fail("events", in_brackets(section) + " section requires an \"events\" line");
  }
}

}  // namespace

std::span<const std::string_view> listener_options() { return options; }
std::span<const std::string_view> event_types() { return types; }

EventListenerSpec read_listener(Section& section) {
  EventListenerSpec spec;
  const std::string handler = spec.result_handler;
  section.read("buffer_size", spec.buffer_size, common::parse_int, "a whole number, at least 1");
  if (spec.buffer_size < 1) {
    section.fail("buffer_size",
                 in_brackets(section) + " section sets invalid buffer_size (" +
                     std::to_string(spec.buffer_size) + ")",
                 "at least 1");
  }
  spec.result_handler = section.text("result_handler").value_or(handler);
  if (spec.result_handler != handler) {  // a Python function, which cannot be called from here
    section.fail("result_handler",
                 spec.result_handler + " cannot be resolved within " + in_brackets(section),
                 handler);
  }
  read_events(section, spec.events);
  const auto redirect_stderr =
      common::parse_boolean(section.quiet_text("redirect_stderr").value_or("false"));
  if (redirect_stderr && *redirect_stderr) {
    section.fail("redirect_stderr",
                 in_brackets(section) +
                     " section sets redirect_stderr=true but this is not allowed because it will "
                     "interfere with the eventlistener protocol");
  }
  return spec;
}

void quiet_stdout(Section& section, std::vector<ProcessSpec>& processes) {
  constexpr std::string_view message = "has no effect in an event listener";
  for (ProcessSpec& process : processes) {
    LogSpec& log = process.stdout_log;
    if (log.capture_max_bytes > 0) section.warn("stdout_capture_maxbytes", message);
    if (log.events_enabled) section.warn("stdout_events_enabled", message);
    if (log.syslog) section.warn("stdout_syslog", message);
    log.capture_max_bytes = 0;
    log.events_enabled = log.syslog = false;
  }
}

}  // namespace supervisord::config
