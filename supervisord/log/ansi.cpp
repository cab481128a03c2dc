#include "supervisord/log/ansi.hpp"

#include <algorithm>

namespace supervisord::log {
namespace {

constexpr char escape = '\x1b';

bool ends_sequence(char c) { return c >= '@' && c <= '~'; }
bool is_in_sequence(char c) { return c >= ' ' && c <= '?'; }

}  // namespace

void AnsiStripper::feed(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    switch (state_) {
      case State::text: {
        const std::size_t size = std::min(bytes.find(escape), bytes.size());
        out.append(bytes.substr(0, size));
        bytes.remove_prefix(size);
        if (bytes.empty()) return;
        bytes.remove_prefix(1);
        state_ = State::escape;
        break;
      }
      case State::escape:
        if (bytes.front() == '[') {
          bytes.remove_prefix(1);
          state_ = State::sequence;
        } else {
          out.push_back(escape);
          state_ = State::text;
        }
        break;
      case State::sequence:
        while (!bytes.empty() && is_in_sequence(bytes.front())) bytes.remove_prefix(1);
        if (bytes.empty()) return;
        // Another byte, a line's end say, cannot belong to it: it was cut off.
        if (ends_sequence(bytes.front())) bytes.remove_prefix(1);
        state_ = State::text;
        break;
    }
  }
}

void AnsiStripper::finish(std::string& out) {
  if (state_ == State::escape) out.push_back(escape);
  state_ = State::text;
}

}  // namespace supervisord::log
