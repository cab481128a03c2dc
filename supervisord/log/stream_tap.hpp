// A stream's Taps at work: each piece of output goes through here on its way from pipe to log. What
// is carried from one piece to the next (part of a token or a line, an open capture) is a state
// that can be stored, so that another daemon goes on from it. Pure: bytes in, calls and bytes out.
// Order: escape sequences, taken out; output, without the tokens of what is captured (a listener's
// dialogue: as it came, before all else); captured data, taken out; what remains is for the log,
// and by lines for syslog. Source: Supervisor's PROCESS_LOG events.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "supervisord/log/ansi.hpp"
#include "supervisord/log/capture.hpp"
#include "supervisord/log/taps.hpp"

namespace supervisord::log {

/// Who hears of it; what is not set hears nothing.
struct TapListeners {
  std::function<void(std::string_view bytes)> output;
  std::function<void(std::string_view data)> captured;
  /// A line without its end. False when it is not taken now: it is offered again later.
  std::function<bool(std::string_view line)> syslog;
};

class StreamTap {
 public:
  /// `state` is what state() of an earlier one was; "" for a new stream.
  explicit StreamTap(Taps taps, std::string_view state = {});

  /// What of `raw` goes to the log; valid until the next call. `raw` itself where nothing changes.
  std::string_view pass(std::string_view raw, const TapListeners& listeners);
  /// After the last piece: the next part, of `most` bytes, of what was held back and goes to the
  /// log. To be called until holds_back() is false; a last line that syslog does not take now is
  /// held back too.
  std::string_view finish(std::size_t most, const TapListeners& listeners);
  bool holds_back() const;

  /// Offers syslog again what it has not taken; true when no whole line is left.
  bool send_lines(const TapListeners& listeners);

  std::string state() const;

 private:
  void to_output(std::string_view text, const TapListeners& listeners) const;
  Capture::Out capture_out(const TapListeners& listeners);
  void to_syslog(std::string_view text, const TapListeners& listeners);
  std::optional<std::size_t> line_end() const;
  void restore(std::string_view state);

  Taps taps_;
  std::optional<Capture> capture_;
  AnsiStripper ansi_;
  bool is_finished_ = false;
  std::string rest_;      // finished: what is still to go to the log
  std::string unsent_;    // lines for syslog, the last one perhaps not whole yet
  std::size_t sent_ = 0;  // of unsent_
  std::string stripped_;  // of a piece; kept for its memory
  std::string text_;      // what pass() or finish() answered
};

}  // namespace supervisord::log
