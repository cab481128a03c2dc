// The request target in its four forms, and whom it names. Pure. Source: RFC 9112 3.2, RFC
// 3986 3.2.
#pragma once

#include <cstddef>
#include <string_view>

#include "asgi-worker/http1/head.hpp"

namespace asgi_worker::http1 {

/// Makes path, query and authority out of head.method and head.target, whose first '?' or '#'
/// stands at `mark` (its size when there is none). Answers the status to refuse with, or 0.
int split_target(Head& head, std::size_t mark);

/// uri-host [ ":" port ], as `host` bears it: it may be empty. (RFC 9110 7.2)
bool is_host(std::string_view text);

}  // namespace asgi_worker::http1
