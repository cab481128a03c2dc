// What is known of field names and values: which bytes they may bear, lists, the ones that matter
// for framing. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "asgi-worker/http/request.hpp"

namespace asgi_worker::http {

/// RFC 9110 5.6.2. The byte in lower case when it may stand in a token, else 0.
extern const std::array<unsigned char, 256> token_lower;

inline bool is_token_byte(char byte) { return token_lower[static_cast<unsigned char>(byte)] != 0; }
bool is_token(std::string_view text);

/// A byte that no field value bears: controls but HTAB, and DEL. (RFC 9110 5.5)
inline bool is_bad_value_byte(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return (value < 0x20 && value != '\t') || value == 0x7f;
}

/// The value of the first field of this (lower-case) name.
std::optional<std::string_view> find_field(std::span<const Field> fields, std::string_view name);

/// Compares without case; `lower` is in lower case already.
bool equals_lower(std::string_view text, std::string_view lower);

/// Whether a comma-separated list has this (lower-case) member.
bool list_has(std::string_view list, std::string_view lower);

/// Takes the next member off a comma-separated list; empty members are skipped; none at its end.
std::optional<std::string_view> next_member(std::string_view& list);

/// Content-Length's 1*DIGIT, below 2^63. (RFC 9112 6.2)
std::optional<std::uint64_t> parse_length(std::string_view digits);

std::string_view trim_blanks(std::string_view text);

}  // namespace asgi_worker::http
