#include "supervisord/web/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/beast/http/status.hpp>

namespace supervisord::web {

std::string_view Request::field(std::string_view name) const {
  const auto found = std::ranges::find_if(
      fields, [&](const auto& field) { return boost::algorithm::iequals(field.first, name); });
  return found == fields.end() ? std::string_view{} : found->second;
}

Response error_response(unsigned status) {
  namespace http = boost::beast::http;
  const std::string_view reason = http::obsolete_reason(http::int_to_status(status));
  return {.status = status,
          .content_type = "text/html",
          .body = fmt::format("<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n"
                              "<h1>Error response</h1>\r\n<p>Error code {}.\r\n<p>Message: {}.\r\n"
                              "</body>\r\n",
                              status, reason)};
}

}  // namespace supervisord::web
