#include "supervisord/events/dialogue.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <optional>

namespace supervisord::events {
namespace {

constexpr std::string_view ready_token = "READY\n";
constexpr std::size_t result_token_size = 7;  // "RESULT "; what stands there is not looked at
constexpr std::size_t longest_line = 4096;
constexpr std::string_view accepted = "OK";

/// As Python's int() reads it, but for underscores: blanks around, a sign.
std::optional<std::uint64_t> result_size(std::string_view line) {
  constexpr std::string_view blanks = " \t\r\v\f";
  std::string_view text = line.substr(std::min(result_token_size, line.size()));
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  text = text.substr(0, text.find_last_not_of(blanks) + 1);
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  std::int64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return static_cast<std::uint64_t>(size);
}

}  // namespace

std::string_view listener_state_name(ListenerState state) {
  switch (state) {
    case ListenerState::acknowledged: return "ACKNOWLEDGED";
    case ListenerState::ready: return "READY";
    case ListenerState::busy: return "BUSY";
    case ListenerState::unknown: return "UNKNOWN";
  }
  return "UNKNOWN";
}

std::vector<Meaning> Dialogue::feed(std::string_view bytes) {
  Meanings out;
  memory_.unread += bytes;
  while (step(out)) {
  }
  return out;
}

void Dialogue::give_event() {
  assert(memory_.state == ListenerState::ready && "only who is READY is given an event");
  memory_.state = ListenerState::busy;
}

void Dialogue::take_event_back() {
  assert(memory_.state == ListenerState::busy && "it has an event");
  memory_.state = ListenerState::ready;
}

// One token; false when it takes more bytes.
bool Dialogue::step(Meanings& out) {
  switch (memory_.state) {
    case ListenerState::acknowledged: return read_token(out);
    case ListenerState::ready:  // whatever it says, it is not its turn
      if (memory_.unread.empty()) return false;
      enter(ListenerState::unknown, out);
      return true;
    case ListenerState::busy:
      return memory_.is_in_result ? read_result(out) : read_result_line(out);
    case ListenerState::unknown: memory_.unread.clear(); return false;
  }
  return false;
}

bool Dialogue::read_token(Meanings& out) {
  if (memory_.unread.size() < ready_token.size()) return false;
  if (memory_.unread.starts_with(ready_token)) {
    memory_.unread.erase(0, ready_token.size());
    enter(ListenerState::ready, out);
  } else {
    enter(ListenerState::unknown, out);
  }
  return true;
}

bool Dialogue::read_result_line(Meanings& out) {
  const std::size_t end = memory_.unread.find('\n');
  if (end == std::string::npos && memory_.unread.size() <= longest_line) return false;
  const std::string line = memory_.unread.substr(0, std::min(end, longest_line));
  const auto size = end <= longest_line ? result_size(line) : std::nullopt;
  if (!size) {
    out.emplace_back(BadResult{line});
    enter(ListenerState::unknown, out);
    return true;
  }
  memory_.unread.erase(0, end + 1);
  memory_.is_in_result = true;
  memory_.result_rest = *size;
  return true;
}

bool Dialogue::read_result(Meanings& out) {
  const std::size_t size = std::min<std::uint64_t>(memory_.result_rest, memory_.unread.size());
  memory_.result += memory_.unread.substr(0, size);
  // One byte more than "OK" tells that it is something else.
  memory_.result.resize(std::min(memory_.result.size(), accepted.size() + 1));
  memory_.unread.erase(0, size);
  memory_.result_rest -= size;
  if (memory_.result_rest > 0) return false;
  out.emplace_back(Answered{memory_.result == accepted});
  memory_.is_in_result = false;
  memory_.result.clear();
  enter(ListenerState::acknowledged, out);
  return true;
}

void Dialogue::enter(ListenerState to, Meanings& out) {
  out.emplace_back(Became{memory_.state, to});
  memory_.state = to;
  if (to == ListenerState::unknown) memory_.unread.clear();
}

}  // namespace supervisord::events
