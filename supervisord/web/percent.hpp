// Percent-encoding of paths. Pure. Source: RFC 3986 2.1.
#pragma once

#include <string>
#include <string_view>

namespace supervisord::web {

/// A '%' that no two hex digits follow stands for itself, as with Python's unquote.
std::string percent_decode(std::string_view text);

}  // namespace supervisord::web
