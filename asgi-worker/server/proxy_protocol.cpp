#include "asgi-worker/server/proxy_protocol.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <optional>

#include "asgi-worker/server/proxy.hpp"

namespace asgi_worker::server {
namespace {

using Kind = Preface::Kind;

constexpr std::string_view v1_start = "PROXY ";
constexpr std::string_view v2_start{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t v1_most = 107;
constexpr std::size_t v2_head = 16;
constexpr std::size_t v2_most = 16 * 1024;  // addresses and all that follows them, certificates too

bool may_become(std::string_view bytes, std::string_view start) {
  return bytes.substr(0, start.size()) == start.substr(0, bytes.size());
}

/// The word before the next space; the last one takes what is left.
std::string_view next_word(std::string_view& line) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line = space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
  return word;
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  unsigned value = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, value);
  const bool has_zeros = digits.size() > 1 && digits[0] == '0';
  if (digits.empty() || has_zeros || error != std::errc{} || end != last || value > 65'535)
    return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

Preface parse_v1(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, v1_most).find("\r\n");
  if (end == std::string_view::npos)
    return {.kind = bytes.size() < v1_most ? Kind::need_more : Kind::bad};
  const std::size_t size = end + 2;
  std::string_view line = bytes.substr(v1_start.size(), end - v1_start.size());
  const std::string_view family = next_word(line);
  if (family == "UNKNOWN") return {.kind = Kind::local, .size = size};
  const bool is_v6 = family == "TCP6";
  if (!is_v6 && family != "TCP4") return {.kind = Kind::bad};
  const std::string_view from = next_word(line), to = next_word(line);
  const auto from_port = parse_port(next_word(line)), to_port = parse_port(line);
  const auto fits = [&](std::string_view host) {
    return parse_ip(host) && (host.find(':') != std::string_view::npos) == is_v6;
  };
  if (!fits(from) || !fits(to) || !from_port || !to_port) return {.kind = Kind::bad};
  return {.kind = Kind::proxied,
          .size = size,
          .client = {.host = std::string{from}, .port = *from_port},
          .server = {.host = std::string{to}, .port = *to_port}};
}

std::size_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])) << 8 |
         static_cast<unsigned char>(bytes[at + 1]);
}

http::Endpoint endpoint_at(std::string_view bytes, int family, std::size_t host, std::size_t port) {
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(family, bytes.data() + host, text, sizeof text);
  return {.host = text, .port = static_cast<std::uint16_t>(number_at(bytes, port))};
}

Preface parse_v2(std::string_view bytes) {
  if (bytes.size() < v2_head) return {.kind = Kind::need_more};
  const auto version_and_command = static_cast<unsigned char>(bytes[12]);
  const auto family = static_cast<unsigned char>(bytes[13]);
  const std::size_t length = number_at(bytes, 14);
  const unsigned command = version_and_command & 0x0f;
  if (version_and_command >> 4 != 2 || command > 1 || length > v2_most) return {.kind = Kind::bad};
  const std::size_t size = v2_head + length;
  if (bytes.size() < size) return {.kind = Kind::need_more};
  if (command == 0 || family == 0x00) return {.kind = Kind::local, .size = size};
  if (family == 0x11 && length >= 12)
    return {.kind = Kind::proxied,
            .size = size,
            .client = endpoint_at(bytes, AF_INET, 16, 24),
            .server = endpoint_at(bytes, AF_INET, 20, 26)};
  if (family == 0x21 && length >= 36)
    return {.kind = Kind::proxied,
            .size = size,
            .client = endpoint_at(bytes, AF_INET6, 16, 48),
            .server = endpoint_at(bytes, AF_INET6, 32, 50)};
  return {.kind = Kind::bad};
}

}  // namespace

Preface parse_preface(std::string_view bytes, ProxyProtocol wanted) {
  if (wanted == ProxyProtocol::off) return {.kind = Kind::none};
  if (bytes.empty()) return {.kind = Kind::need_more};
  if (wanted != ProxyProtocol::v2 && may_become(bytes, v1_start))
    return bytes.size() < v1_start.size() ? Preface{.kind = Kind::need_more} : parse_v1(bytes);
  if (wanted != ProxyProtocol::v1 && may_become(bytes, v2_start))
    return bytes.size() < v2_start.size() ? Preface{.kind = Kind::need_more} : parse_v2(bytes);
  return {.kind = Kind::none};
}

}  // namespace asgi_worker::server
