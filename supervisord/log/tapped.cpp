#include "supervisord/log/tapped.hpp"

#include <cstring>
#include <utility>

namespace supervisord::log {

Tapped::Tapped(StreamRecord& record, const LogHandlers& handlers, std::function<void()> put)
    : record_{record},
      handlers_{handlers},
      put_{std::move(put)},
      tap_{record.taps, record.tap_state} {
  listeners_.output = [this](std::string_view bytes) {
    if (handlers_.output) handlers_.output(record_.stream, bytes, piece_);
  };
  listeners_.captured = [this](std::string_view data) {
    if (handlers_.captured) handlers_.captured(record_.stream, data, piece_);
  };
  listeners_.syslog = [this](std::string_view line) {
    if (!handlers_.syslog) return true;
    return handlers_.syslog(record_.taps.syslog_name + " " + std::string{line});
  };
}

std::string_view Tapped::pass(std::string_view raw, const Mark& mark) {
  std::memcpy(&piece_, mark.data(), sizeof piece_);
  const std::string_view text = tap_.pass(raw, listeners_);
  if (handlers_.flush) handlers_.flush();
  return text;
}

// The lines of the piece go to syslog again: which of them it has got is not known.
void Tapped::catch_up(std::string_view raw, std::size_t size, const Mark& mark) {
  if (record_.tap_mark == mark) return;
  if (raw.empty()) {
    tap_.finish(size, {});
  } else {
    tap_.pass(raw, {});
  }
}

void Tapped::settle(const Mark& mark) {
  std::string state = tap_.state();
  if (state == record_.tap_state) return;
  record_.tap_state = std::move(state);
  record_.tap_mark = mark;
  put_();
}

}  // namespace supervisord::log
