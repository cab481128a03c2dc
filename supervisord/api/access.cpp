#include "supervisord/api/access.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/beast/core/detail/base64.hpp>
#include <optional>

namespace supervisord::api {
namespace {

constexpr std::string_view sha_mark = "{SHA}";

std::string sha1_hex(std::string_view text) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

/// The time tells the lengths' equality and nothing else.
bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::string> decode_base64(std::string_view text) {
  namespace base64 = boost::beast::detail::base64;
  std::string bytes(base64::decoded_size(text.size()), '\0');
  const auto [written, read] = base64::decode(bytes.data(), text.data(), text.size());
  const std::string_view rest = text.substr(read);
  if (rest.find_first_not_of('=') != std::string_view::npos) return std::nullopt;
  bytes.resize(written);
  return bytes;
}

}  // namespace

std::string_view role_name(Role role) {
  switch (role) {
    case Role::read: return "read";
    case Role::operate: return "operate";
    case Role::admin: return "admin";
  }
  return "unknown";
}

bool bears(std::string_view authorization, const Credentials& credentials) {
  constexpr std::string_view scheme = "Basic ";
  if (!boost::algorithm::istarts_with(authorization, scheme)) return false;
  const auto pair = decode_base64(authorization.substr(scheme.size()));
  const auto colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return false;
  const bool user_fits = same(std::string_view{*pair}.substr(0, colon), credentials.username);
  const std::string_view given = std::string_view{*pair}.substr(colon + 1);
  const std::string_view wanted = credentials.password;
  const bool password_fits = wanted.starts_with(sha_mark)
                                 ? same(sha1_hex(given), wanted.substr(sha_mark.size()))
                                 : same(given, wanted);
  return user_fits && password_fits;
}

}  // namespace supervisord::api
