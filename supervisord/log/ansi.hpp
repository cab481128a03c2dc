// Takes ANSI escape sequences (ESC [ parameters, one letter) out of a stream, wherever reads cut
// it. Pure. What is no such sequence stays, an ESC without a [ too. Source: Supervisor manual,
// "strip_ansi"; ECMA-48 5.4. Supervisor ends a sequence at the letters "HfABCDRsuJKhlpm" only,
// whatever comes before one, and forgets at each read where it was.
#pragma once

#include <string>
#include <string_view>

namespace supervisord::log {

class AnsiStripper {
 public:
  enum class State : char { text, escape, sequence };  // escape: an ESC is held back

  /// Appends what remains of `bytes` to `out`.
  void feed(std::string_view bytes, std::string& out);
  /// The stream has ended.
  void finish(std::string& out);

  State state() const { return state_; }
  void restore(State state) { state_ = state; }

 private:
  State state_ = State::text;
};

}  // namespace supervisord::log
