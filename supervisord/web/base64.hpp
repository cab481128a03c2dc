// Base64 as clients send it. Pure. Source: RFC 4648 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace supervisord::web {

/// Nothing when something else than its padding stands in it.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace supervisord::web
