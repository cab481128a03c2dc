#include "supervisord/config/real_surroundings.hpp"

#include <glob.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace supervisord::config {

std::map<std::string, std::string> RealSurroundings::environment() const {
  std::map<std::string, std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

std::string RealSurroundings::host_name() const {
  utsname facts{};
  return ::uname(&facts) == 0 ? facts.nodename : "";
}

std::string RealSurroundings::working_directory() const {
  char path[PATH_MAX];
  return ::getcwd(path, sizeof path) != nullptr ? path : "/";
}

std::string RealSurroundings::temporary_directory() const {
  const char* const named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

bool RealSurroundings::is_directory(const std::string& path) const {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

common::Result<std::string> RealSurroundings::read_file(const std::string& path) const {
  if (is_directory(path)) return common::system_error(path, EISDIR);
  errno = 0;
  std::ifstream file{path, std::ios::binary};
  if (!file) return common::system_error(path, errno != 0 ? errno : EIO);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> RealSurroundings::glob(const std::string& pattern) const {
  glob_t found{};
  std::vector<std::string> out;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    out.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return out;
}

common::Result<common::User> RealSurroundings::find_user(std::string_view name_or_uid) const {
  return common::find_user(name_or_uid);
}

common::Result<gid_t> RealSurroundings::find_group(std::string_view name_or_gid) const {
  return common::find_group(name_or_gid);
}

}  // namespace supervisord::config
