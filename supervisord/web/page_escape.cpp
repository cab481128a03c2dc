#include "supervisord/web/page_escape.hpp"

#include <algorithm>

#include "supervisord/web/percent.hpp"

namespace supervisord::web {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

std::string value_of(std::string_view encoded) {
  std::string text{encoded};
  std::replace(text.begin(), text.end(), '+', ' ');
  return percent_decode(text);
}

}  // namespace

std::string html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char each : text) {
    switch (each) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      case '\n':
      case '\t':
      case '\r': out += each; break;
      default:
        if (static_cast<unsigned char>(each) < 0x20 || each == 0x7f) {
          out += "\xEF\xBF\xBD";
        } else {
          out += each;
        }
    }
  }
  return out;
}

std::string url_encoded(std::string_view text) {
  std::string out;
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    const bool is_letter = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z');
    const bool is_digit = each >= '0' && each <= '9';
    if (is_letter || is_digit || std::string_view{"-._~"}.find(each) != std::string_view::npos) {
      out += each;
    } else {
      out += {'%', hex_digits[byte >> 4], hex_digits[byte & 15]};
    }
  }
  return out;
}

std::map<std::string, std::string> form_fields(std::string_view text) {
  std::map<std::string, std::string> fields;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    const auto value = pair.substr(std::min(equals + 1, pair.size()));
    fields[value_of(pair.substr(0, equals))] = value_of(value);
  }
  return fields;
}

}  // namespace supervisord::web
