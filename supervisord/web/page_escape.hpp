// Text on its way into HTML or a URL, and back out of a form. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace supervisord::web {

/// Fit for an element's text and for an attribute in double quotes. Control characters that HTML
/// does not know become U+FFFD.
std::string html(std::string_view text);

/// Percent-encoded but for RFC 3986's unreserved characters.
std::string url_encoded(std::string_view text);

/// The fields of an application/x-www-form-urlencoded text; of a name that comes twice, the last.
std::map<std::string, std::string> form_fields(std::string_view text);

}  // namespace supervisord::web
