// The dialogue with one event listener, from the daemon's side: what it prints on its standard
// output, and what that means. Pure: bytes in, meanings out; where the bytes are cut does not
// matter. Owned by the pool.
// Source: Supervisor manual, "Event Listener Notification Protocol". Differences from Supervisor:
// a result of length 0 is complete at once; a negative length, one beyond 63 bits and a result line
// of more than 4096 bytes are bad result lines (there the listener is waited for, for ever).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace supervisord::events {

enum class ListenerState { acknowledged, ready, busy, unknown };
/// "ACKNOWLEDGED"
std::string_view listener_state_name(ListenerState state);

// What it meant.

/// It has taken in the event in its hands (or not, that is `result`), and is ACKNOWLEDGED.
struct Answered {
  bool is_ok = false;  // what Supervisor's default result handler accepts: "OK"
  friend bool operator==(const Answered&, const Answered&) = default;
};
/// A line that is no result, for the event in its hands; Became{UNKNOWN} follows.
struct BadResult {
  std::string line;
  friend bool operator==(const BadResult&, const BadResult&) = default;
};
struct Became {
  ListenerState from;
  ListenerState to;
  friend bool operator==(const Became&, const Became&) = default;
};
using Meaning = std::variant<Answered, BadResult, Became>;

class Dialogue {
 public:
  /// All that a Dialogue remembers: what the keeper holds for the next daemon.
  struct Memory {
    ListenerState state = ListenerState::acknowledged;
    std::string unread;             // the beginning of a token that is not complete
    bool is_in_result = false;      // its line has been read
    std::uint64_t result_rest = 0;  // bytes of the result that are still to come
    std::string result;             // its first bytes, as many as it takes to tell "OK"

    friend bool operator==(const Memory&, const Memory&) = default;
  };

  Dialogue() = default;
  explicit Dialogue(Memory memory) : memory_{std::move(memory)} {}
  ListenerState state() const { return memory_.state; }
  const Memory& memory() const { return memory_; }

  std::vector<Meaning> feed(std::string_view bytes);
  /// An event goes to it: READY becomes BUSY.
  void give_event();
  /// The event does not go to it after all: BUSY becomes READY. Nothing was heard meanwhile.
  void take_event_back();

 private:
  using Meanings = std::vector<Meaning>;
  bool step(Meanings& out);
  bool read_token(Meanings& out);
  bool read_result_line(Meanings& out);
  bool read_result(Meanings& out);
  void enter(ListenerState to, Meanings& out);

  Memory memory_;
};

}  // namespace supervisord::events
