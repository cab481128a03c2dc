#include "supervisord/events/payload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace supervisord::events {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

/// The length of the UTF-8 sequence at the front of `text`, which is not empty; 0 when there is
/// none. Surrogates, overlong forms and what lies beyond U+10FFFF are none, as for Python.
std::size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || length > text.size()) return 0;
  if (!std::ranges::all_of(text.substr(1, length - 1), is_continuation)) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  const bool is_overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool is_out_of_range = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
  return is_overlong || is_out_of_range ? 0 : length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// b'...', as Python's repr() of bytes.
std::string bytes_repr(std::string_view bytes) {
  const bool has_single = bytes.find('\'') != std::string_view::npos;
  const bool has_double = bytes.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  std::string out = "b";
  out += quote;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + quote;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

}  // namespace

bool covers(std::string_view subscribed, std::string_view type) {
  if (subscribed == "EVENT" || subscribed == type) return true;
  return type.starts_with(subscribed) && type.substr(subscribed.size()).starts_with('_');
}

std::string state_event_type(process::State to) {
  return "PROCESS_STATE_" + std::string{process::state_name(to)};
}

std::string payload_of(const StatePayload& state) {
  using process::State;
  const std::string out = fmt::format("processname:{} groupname:{} from_state:{}", state.process,
                                      state.group, process::state_name(state.from));
  switch (state.to) {
    case State::starting:
    case State::backoff: return out + fmt::format(" tries:{}", state.tries);
    case State::exited:
      return out + fmt::format(" expected:{} pid:{}", state.expected ? 1 : 0, state.pid);
    case State::running:
    case State::stopping:
    case State::stopped: return out + fmt::format(" pid:{}", state.pid);
    case State::fatal:
    case State::unknown: return out;
  }
  return out;
}

std::string log_payload(const OutputOf& of, std::string_view channel, std::string_view data) {
  return fmt::format("processname:{} groupname:{} pid:{} channel:{}\n{}", of.process, of.group,
                     of.pid, channel, as_text(data));
}

std::string communication_payload(const OutputOf& of, std::string_view data) {
  return fmt::format("processname:{} groupname:{} pid:{}\n{}", of.process, of.group, of.pid,
                     as_text(data));
}

std::string remote_payload(std::string_view type, std::string_view data) {
  return fmt::format("type:{}\n{}", type, as_text(data));
}

std::string tick_payload(std::int64_t when) { return fmt::format("when:{}", when); }

std::string group_payload(std::string_view group) { return fmt::format("groupname:{}\n", group); }

std::string as_text(std::string_view bytes) {
  return is_utf8(bytes) ? std::string{bytes} : "Undecodable: " + bytes_repr(bytes);
}

std::string envelope(const Header& header, std::string_view payload) {
  return fmt::format("ver:3.0 server:{} serial:{} pool:{} poolserial:{} eventname:{} len:{}\n{}",
                     header.server, header.serial, header.pool, header.pool_serial, header.type,
                     characters(payload), payload);
}

}  // namespace supervisord::events
