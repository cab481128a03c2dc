#include "supervisord/log/readable.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

namespace supervisord::log {

common::Result<Readable> open_log(const std::string& path) {
  Readable opened{
      common::UniqueFd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)}, {}};
  if (!opened.fd && errno != ENOENT) return common::system_error(path, errno);
  const auto file = opened.fd ? look_at(opened.fd.get()) : std::nullopt;
  if (!file || !file->regular) return common::Error{common::Errc::missing, path + ": no log file"};
  opened.file = *file;
  return opened;
}

std::string read_at(int fd, std::uint64_t offset, std::uint64_t length) {
  std::string bytes(length, '\0');
  std::size_t size = 0;
  while (size < length) {
    const ssize_t count =
        ::pread(fd, bytes.data() + size, length - size, static_cast<off_t>(offset + size));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    size += static_cast<std::size_t>(count);
  }
  bytes.resize(size);
  return bytes;
}

std::uint64_t mixed(const FileId& id) {
  std::uint64_t x = id.device * 0x9e3779b97f4a7c15u + id.inode;  // splitmix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  x ^= x >> 31;
  return x != 0 ? x : 1;
}

}  // namespace supervisord::log
