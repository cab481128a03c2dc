#include "asgi-worker/asgi/path.hpp"

namespace asgi_worker::asgi {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (text[index] == '%' && index + 2 < text.size()) {
      const int high = hex_digit(text[index + 1]);
      const int low = hex_digit(text[index + 2]);
      if (high >= 0 && low >= 0) {
        decoded.push_back(static_cast<char>(high * 16 + low));
        index += 2;
        continue;
      }
    }
    decoded.push_back(text[index]);
  }
  return decoded;
}

std::string below_root(std::string_view root_path, std::string_view path) {
  const bool is_below = path.starts_with(root_path) &&
                        (path.size() == root_path.size() || path[root_path.size()] == '/');
  return is_below ? std::string{path} : std::string{root_path}.append(path);
}

}  // namespace asgi_worker::asgi
