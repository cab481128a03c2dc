// The check of a Basic `authorization` field against a user's name and password as configured.
// Pure; the comparison takes the same time whatever is wrong. Source: RFC 7617.
#pragma once

#include <string_view>

namespace supervisord::web {

enum class Authorization {
  fits,
  wrong,      // none was given, another scheme, or another name or password
  malformed,  // Basic, but not the base64 of a name, a colon and a password
};

/// `password` is plain, or {SHA} and the 40 hex digits of its SHA-1.
Authorization check_basic(std::string_view field, std::string_view username,
                          std::string_view password);

}  // namespace supervisord::web
