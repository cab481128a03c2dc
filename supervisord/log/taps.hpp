// What is done with a stream's output on its way and beside its log: plain values, from the
// configuration.
#pragma once

#include <cstdint>
#include <string>

namespace supervisord::log {

struct Taps {
  bool strip_ansi = false;       // escape sequences are taken out of what goes to the log
  std::string syslog_name = {};  // each line goes to syslog too, behind this name; "": not
  bool output = false;  // LogHandlers::output: PROCESS_LOG events, a listener's dialogue, debug
  std::uint64_t capture_max_bytes = 0;  // LogHandlers::captured, when not 0
  bool is_dialogue =
      false;  // of a listener: looked at whenever something is there, not by the tick

  bool any() const { return strip_ansi || !syslog_name.empty() || output || capture_max_bytes > 0; }
  friend bool operator==(const Taps&, const Taps&) = default;
};

}  // namespace supervisord::log
