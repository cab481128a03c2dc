#include "supervisord/web/auth.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <optional>
#include <string>

#include "supervisord/web/base64.hpp"

namespace supervisord::web {
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

}  // namespace

Authorization check_basic(std::string_view field, std::string_view username,
                          std::string_view password) {
  constexpr std::string_view scheme = "Basic ";
  if (!boost::algorithm::istarts_with(field, scheme)) return Authorization::wrong;
  const auto pair = decode_base64(field.substr(scheme.size()));
  const auto colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return Authorization::malformed;
  const bool user_fits = same(std::string_view{*pair}.substr(0, colon), username);
  const std::string_view given = std::string_view{*pair}.substr(colon + 1);
  const bool password_fits = password.starts_with(sha_mark)
                                 ? same(sha1_hex(given), password.substr(sha_mark.size()))
                                 : same(given, password);
  return user_fits && password_fits ? Authorization::fits : Authorization::wrong;
}

}  // namespace supervisord::web
