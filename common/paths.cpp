#include "common/paths.hpp"

#include <algorithm>
#include <vector>

namespace common {

std::string_view directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  const std::size_t end = path.find_last_not_of('/', slash);
  return end == std::string_view::npos ? path.substr(0, slash + 1) : path.substr(0, end + 1);
}

std::string joined(std::string_view directory, std::string_view path) {
  if (path.starts_with('/') || directory.empty()) return std::string{path};
  std::string whole{directory};
  if (!whole.ends_with('/')) whole += '/';
  return whole += path;
}

std::string absolute(std::string_view path, std::string_view directory) {
  const std::string whole = joined(directory, path);
  std::vector<std::string_view> parts;
  std::string_view rest = whole;
  while (!rest.empty()) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, slash);
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string normal;
  for (const std::string_view part : parts) (normal += '/') += part;
  return normal.empty() ? "/" : normal;
}

}  // namespace common
