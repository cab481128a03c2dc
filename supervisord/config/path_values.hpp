// Paths as options name them: ~ replaced, made absolute, what has to exist checked. In Supervisor's
// words. Looks at the world through Surroundings only.
#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"
#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

/// "~" and "~user" at the front replaced by that home; as it is when there is no such user.
std::string with_home(std::string_view path, const Surroundings& surroundings);
/// A file's path: absolute (from `base`); its directory has to exist.
common::Result<std::string> parse_file_path(std::string_view path, const std::string& base,
                                            const Surroundings& surroundings);
/// A directory that has to exist: absolute (from `base`).
common::Result<std::string> parse_directory(std::string_view path, const std::string& base,
                                            const Surroundings& surroundings);

}  // namespace supervisord::config
