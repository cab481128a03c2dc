#include "supervisord/api/secrets.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace supervisord::api {
namespace {

constexpr std::array<std::string_view, 10> telling{
    "PASSWORD", "PASSWD",  "PASSPHRASE", "SECRET", "TOKEN",
    "KEY",      "PRIVATE", "CREDENTIAL", "COOKIE", "SIGNATURE"};
constexpr std::array<std::string_view, 4> telling_ends{"_PASS", "_PWD", "_AUTH", "_DSN"};

bool is_secret_name(std::string_view name) {
  std::string upper{name};
  std::ranges::transform(upper, upper.begin(), [](unsigned char letter) {
    return static_cast<char>(std::toupper(letter));
  });
  return upper == "PASS" ||
         std::ranges::any_of(telling,
                             [&](auto word) { return upper.find(word) != std::string::npos; }) ||
         std::ranges::any_of(telling_ends, [&](auto end) { return upper.ends_with(end); });
}

}  // namespace

std::string masked(std::string_view name, std::string_view value) {
  constexpr std::string_view mask = "***";
  if (value.empty()) return "";
  if (is_secret_name(name)) return std::string{mask};
  const auto scheme = value.find("://");
  if (scheme == std::string_view::npos) return std::string{value};
  const auto begin = scheme + 3;
  const auto end = std::min(value.find('/', begin), value.size());
  const auto at = value.substr(0, end).rfind('@');
  const auto colon = value.find(':', begin);
  if (at == std::string_view::npos || colon == std::string_view::npos || colon > at)
    return std::string{value};
  return std::string{value.substr(0, colon + 1)} + std::string{mask} +
         std::string{value.substr(at)};
}

}  // namespace supervisord::api
