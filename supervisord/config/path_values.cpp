#include "supervisord/config/path_values.hpp"

#include <algorithm>

#include "common/paths.hpp"

namespace supervisord::config {

using common::Errc;
using common::Error;

std::string with_home(std::string_view path, const Surroundings& surroundings) {
  if (!path.starts_with('~')) return std::string{path};
  const std::size_t slash = std::min(path.find('/'), path.size());
  const std::string user{path.substr(1, slash - 1)};
  const std::string rest{path.substr(slash)};
  if (user.empty()) {
    const auto environment = surroundings.environment();
    const auto home = environment.find("HOME");
    return home != environment.end() ? home->second + rest : std::string{path};
  }
  const auto found = surroundings.find_user(user);
  return found ? (*found).home + rest : std::string{path};
}

common::Result<std::string> parse_file_path(std::string_view path, const std::string& base,
                                            const Surroundings& surroundings) {
  const std::string in_home = with_home(path, surroundings);
  const std::string_view directory = common::directory_of(in_home);
  if (!directory.empty() && !surroundings.is_directory(common::joined(base, directory))) {
    return Error{Errc::not_found, "The directory named as part of the path " + std::string{path} +
                                      " does not exist"};
  }
  return common::absolute(in_home, base);
}

common::Result<std::string> parse_directory(std::string_view path, const std::string& base,
                                            const Surroundings& surroundings) {
  const std::string in_home = common::joined(base, with_home(path, surroundings));
  if (!surroundings.is_directory(in_home)) {
    return Error{Errc::not_found, std::string{path} + " is not an existing directory"};
  }
  return common::absolute(in_home, base);
}

}  // namespace supervisord::config
