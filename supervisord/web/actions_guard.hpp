// Who may act: the proof that a POST comes from a page of this daemon and not from another site's.
// Two independent checks, a token in the form and what the browser says of the request's origin.
// What is no browser is nobody's deputy: it acts with its credentials alone, as with Supervisor.
// Pure but for the key, which the caller takes from the system's randomness; it lives in memory
// only, so each daemon has tokens of its own.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "supervisord/web/http.hpp"

namespace supervisord::web {

using GuardKey = std::array<std::uint8_t, 32>;
GuardKey random_guard_key();

class Guard {
 public:
  explicit Guard(const GuardKey& key) : key_{key} {}

  /// For the pages of whoever asks with these credentials: HMAC-SHA256 over the Authorization
  /// field, in hex.
  std::string token(const Request& request) const;

  enum class Verdict {
    ok,
    stale,      // no token, or another daemon's: ask again
    elsewhere,  // the browser says that another site sent it
  };
  /// Of a POST with `token` in its body.
  Verdict judge(const Request& request, std::string_view token) const;

 private:
  GuardKey key_;
};

}  // namespace supervisord::web
