// Output between the tokens of PROCESS_COMMUNICATION, told apart from the rest of a stream,
// wherever reads cut it. Pure: bytes in, calls out; the state can be stored and gone on from.
// Source: Supervisor manual, "Event Listeners and Event Notifications", PROCESS_COMMUNICATION.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace supervisord::log {

constexpr std::string_view begin_token = "<!--XSUPERVISOR:BEGIN-->";
constexpr std::string_view end_token = "<!--XSUPERVISOR:END-->";

class Capture {
 public:
  /// What a Capture carries from one piece to the next.
  struct State {
    bool is_open = false;       // behind a begin token
    std::uint64_t matched = 0;  // so much of the token that is looked for ended the last piece
    std::string data;           // captured so far
    friend bool operator==(const State&, const State&) = default;
  };
  struct Out {
    std::function<void(std::string_view)> plain;       // in order, piece by piece
    std::function<void(std::string_view)> captured;    // all of what stood between two tokens
    std::function<void(std::string_view)> heard = {};  // all but the tokens, captured or not
  };

  /// Of what is captured at most the last `max_bytes` are kept.
  explicit Capture(std::uint64_t max_bytes) : max_bytes_{max_bytes} {}

  void feed(std::string_view bytes, const Out& out);
  /// The stream has ended: what was held back, and what was captured and has no end token, is plain
  /// after all. (Supervisor loses both.)
  void finish(const Out& out);

  /// Whether finish() would have something to tell.
  bool holds_back() const { return is_open_ || matched_ > 0; }
  State state() const { return {is_open_, matched_, std::string{kept()}}; }
  /// A state that cannot be is taken for the first one.
  void restore(const State& state);

 private:
  std::string_view token() const { return is_open_ ? end_token : begin_token; }
  std::string_view kept() const;
  void take(std::string_view bytes, const Out& out);
  void pass_token(const Out& out);

  std::uint64_t max_bytes_;
  bool is_open_ = false;
  std::size_t matched_ = 0;  // less than the whole token
  std::string data_;         // may grow to twice max_bytes_ before its front is cut off
};

}  // namespace supervisord::log
