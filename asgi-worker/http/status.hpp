// Reason phrases, as Python's http.HTTPStatus (3.11) has them.
#pragma once

#include <string_view>

namespace asgi_worker::http {

/// "Not Found" for 404; empty for a status that HTTPStatus does not know.
std::string_view reason_phrase(int status);

}  // namespace asgi_worker::http
