#include "supervisord/web/actions_guard.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace supervisord::web {
namespace {

/// Each browser says at least one of these of a POST; a script has no page to take a token from.
bool is_from_browser(const Request& request) {
  for (const char* const field : {"Origin", "Sec-Fetch-Site", "Cookie", "Referer"}) {
    if (!request.field(field).empty()) return true;
  }
  return request.field("User-Agent").starts_with("Mozilla/");
}

/// Browsers name the sender in Sec-Fetch-Site on https and localhost, and in Origin on every form's
/// POST.
bool comes_from_elsewhere(const Request& request) {
  const std::string_view site = request.field("Sec-Fetch-Site");
  if (!site.empty()) return site != "same-origin" && site != "none";
  const std::string_view origin = request.field("Origin");
  if (origin.empty()) return false;
  const auto scheme_end = origin.find("://");
  if (scheme_end == std::string_view::npos) return true;  // "null"
  return origin.substr(scheme_end + 3) != request.field("Host");
}

}  // namespace

GuardKey random_guard_key() {
  GuardKey key{};
  while (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) {
    if (errno != EINTR) throw std::system_error{errno, std::generic_category(), "getrandom"};
  }
  return key;
}

std::string Guard::token(const Request& request) const {
  const std::string_view credentials = request.field("Authorization");
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  ::HMAC(::EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
         reinterpret_cast<const unsigned char*>(credentials.data()), credentials.size(),
         digest.data(), &size);
  std::string hex;
  for (unsigned int at = 0; at < size; ++at) {
    constexpr std::string_view digits = "0123456789abcdef";
    hex += {digits[digest[at] >> 4], digits[digest[at] & 15]};
  }
  return hex;
}

Guard::Verdict Guard::judge(const Request& request, std::string_view token) const {
  if (!is_from_browser(request)) return Verdict::ok;
  if (comes_from_elsewhere(request)) return Verdict::elsewhere;
  const std::string right = this->token(request);
  const bool is_right = token.size() == right.size() &&
                        ::CRYPTO_memcmp(token.data(), right.data(), right.size()) == 0;
  return is_right ? Verdict::ok : Verdict::stale;
}

}  // namespace supervisord::web
