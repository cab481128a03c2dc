#include "supervisord/config/real_surroundings.hpp"

#include <fcntl.h>
#include <glob.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "common/unique_fd.hpp"

namespace supervisord::config {

std::map<std::string, std::string> RealSurroundings::environment() const {
  std::map<std::string, std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view pair{*variable};
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return variables;
}

std::string RealSurroundings::host_name() const {
  utsname names{};
  return ::uname(&names) == 0 ? names.nodename : "localhost";
}

std::string RealSurroundings::working_directory() const {
  std::error_code error;
  const std::string directory = std::filesystem::current_path(error).string();
  return directory.empty() ? "/" : directory;  // it was deleted under us
}

bool RealSurroundings::is_directory(const std::string& path) const {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

common::Result<std::string> RealSurroundings::read_file(const std::string& path) const {
  const common::UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  if (!fd) return common::system_error(path, errno);
  std::string bytes;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return common::system_error(path, errno);
    if (size == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

std::vector<std::string> RealSurroundings::glob(const std::string& pattern) const {
  glob_t matches{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &matches) == 0) {
    paths.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  }
  ::globfree(&matches);
  std::sort(paths.begin(), paths.end());  // by bytes; glob's own order is the locale's
  return paths;
}

common::Result<common::User> RealSurroundings::find_user(const std::string& name_or_id) const {
  return common::find_user(name_or_id);
}

common::Result<gid_t> RealSurroundings::find_group(const std::string& name_or_id) const {
  return common::find_group(name_or_id);
}

uid_t RealSurroundings::own_uid() const { return ::geteuid(); }

}  // namespace supervisord::config
