#include "supervisord/log/open_target.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string_view>

namespace supervisord::log {
namespace {

FileId id_of(const struct stat& info) {
  return {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino)};
}

}  // namespace

std::optional<int> inherited_descriptor(const std::string& path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view prefix : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(prefix)) continue;
    int number = 0;
    const char* const last = path.data() + path.size();
    const auto [end, ec] = std::from_chars(path.data() + prefix.size(), last, number);
    if (ec == std::errc{} && end == last && number >= 0) return number;
  }
  return std::nullopt;
}

std::optional<OpenFile> look_at(int fd) {
  struct stat info;
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fstat(fd, &info) != 0) return std::nullopt;
  OpenFile file;
  file.id = id_of(info);
  file.size = static_cast<std::uint64_t>(info.st_size);
  file.regular = S_ISREG(info.st_mode);
  file.pipe = S_ISFIFO(info.st_mode);
  file.is_null = S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3);
  file.append = (flags & O_APPEND) != 0;
  return file;
}

std::optional<FileId> file_id_of(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return id_of(info);
}

common::Result<common::UniqueFd> open_target(const Target& target) {
  if (const auto number = inherited_descriptor(target.path)) return common::duplicate(*number);
  const mode_t mode = target.owner_only ? 0600 : 0666;
  constexpr int flags = O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  common::UniqueFd fd{::open(target.path.c_str(), O_RDWR | flags, mode)};
  if (!fd && errno == EACCES) fd.reset(::open(target.path.c_str(), O_WRONLY | flags, mode));
  if (!fd) return common::system_error(target.path, errno);
  ::lseek(fd.get(), 0, SEEK_END);  // fails on what has no offset, and need not be done there
  return fd;
}

}  // namespace supervisord::log
