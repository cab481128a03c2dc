#include "asgi-worker/http1/target.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "asgi-worker/http/fields.hpp"

namespace asgi_worker::http1 {
namespace {

/// unreserved and sub-delims, RFC 3986 2.2 and 2.3.
constexpr std::array<bool, 256> make_name_bytes() {
  std::array<bool, 256> table{};
  for (const char byte : std::string_view{"-._~!$&'()*+,;=0123456789"})
    table[static_cast<unsigned char>(byte)] = true;
  for (unsigned char byte = 'a'; byte <= 'z'; ++byte) table[byte] = table[byte & 0x5f] = true;
  return table;
}
constexpr std::array<bool, 256> name_bytes = make_name_bytes();
bool is_name_byte(char byte) { return name_bytes[static_cast<unsigned char>(byte)]; }

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool is_hex(char byte) { return is_digit(byte) || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f'); }

/// What stands behind a host: nothing, or a colon and digits.
bool is_port(std::string_view text) {
  return text.empty() || (text.front() == ':' && std::ranges::all_of(text.substr(1), is_digit));
}

/// "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
bool is_future_address(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot < 2 || dot + 1 == text.size()) return false;
  return std::ranges::all_of(text.substr(1, dot - 1), is_hex) &&
         std::ranges::all_of(text.substr(dot + 1),
                             [](char byte) { return is_name_byte(byte) || byte == ':'; });
}

bool is_address(std::string_view text) {
  if (!text.empty() && (text.front() | 0x20) == 'v') return is_future_address(text);
  std::array<char, INET6_ADDRSTRLEN> copy{};  // inet_pton reads up to a NUL
  if (text.size() >= copy.size() || text.find('\0') != std::string_view::npos) return false;
  text.copy(copy.data(), text.size());
  in6_addr address{};
  return ::inet_pton(AF_INET6, copy.data(), &address) == 1;
}

}  // namespace

bool is_host(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    return close != std::string_view::npos && is_address(text.substr(1, close - 1)) &&
           is_port(text.substr(close + 1));
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_name_byte(text[at])) continue;
    if (text[at] != '%') return is_port(text.substr(at));
    if (text.size() - at < 3 || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
    at += 2;
  }
  return true;
}

int split_target(Head& head, std::size_t mark) {
  std::string_view target = head.target;
  if (head.method == "CONNECT") return 405;
  if (mark < target.size()) {  // as uvicorn: a fragment and all behind it is lost
    const std::size_t hash = target.find('#', mark);
    target = target.substr(0, hash);
    mark = std::min(mark, target.size());
    if (mark < target.size()) head.query = target.substr(mark + 1);
    target = target.substr(0, mark);
  }
  if (target.starts_with('/')) {
    head.raw_path = target;
    return 0;
  }
  const bool asks_of_all = head.method == "OPTIONS";
  if (target == "*") {
    head.raw_path = target;
    return asks_of_all && head.target.size() == 1 ? 0 : 400;
  }

  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos) return 400;
  const std::string_view scheme = target.substr(0, colon);
  if (!http::equals_lower(scheme, "http") && !http::equals_lower(scheme, "https")) return 400;
  target.remove_prefix(colon + 3);
  head.authority = target.substr(0, target.find('/'));
  if (head.authority.empty() || head.authority.front() == ':' || !is_host(head.authority))
    return 400;
  target.remove_prefix(head.authority.size());
  const bool is_bare = target.empty() && head.query.empty();
  if (!target.empty())
    head.raw_path = target;
  else
    head.raw_path = asks_of_all && is_bare ? "*" : "/";  // RFC 9112 3.2.4, RFC 9110 4.2.3
  return 0;
}

}  // namespace asgi_worker::http1
