// Paths as texts: Python's os.path, of which Supervisor's configuration shows the behaviour. Pure.
#pragma once

#include <string>
#include <string_view>

namespace common {

/// All before the last slash, "" when there is none; "/" for "/x".
std::string_view directory_of(std::string_view path);
/// `path` below `directory`, or itself when it is absolute.
std::string joined(std::string_view directory, std::string_view path);
/// Joined to `directory`, without ".", ".." and double slashes. Looks at no file: a/link/.. is a.
std::string absolute(std::string_view path, std::string_view directory);

}  // namespace common
