#include "supervisord/log/tail.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "supervisord/log/open_target.hpp"
#include "supervisord/log/rotation.hpp"

namespace supervisord::log {
namespace {

constexpr std::size_t chunk_bytes = 64 * 1024;

struct Opened {
  common::UniqueFd fd;
  OpenFile file;
};

// Regular files only: reading a FIFO would take its bytes away from its reader.
common::Result<Opened> open_log(const std::string& path) {
  Opened opened{
      common::UniqueFd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)}, {}};
  if (!opened.fd && errno != ENOENT) return common::system_error(path, errno);
  const auto file = opened.fd ? look_at(opened.fd.get()) : std::nullopt;
  if (!file || !file->regular) return common::Error{common::Errc::missing, path + ": no log file"};
  opened.file = *file;
  return opened;
}

std::string read_at(int fd, std::uint64_t offset, std::size_t length) {
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

}  // namespace

std::uint64_t mixed(const FileId& id) {
  std::uint64_t x = id.device * 0x9e3779b97f4a7c15u + id.inode;  // splitmix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  x ^= x >> 31;
  return x != 0 ? x : 1;
}

common::Result<LogChunk> read_log(const std::string& path, std::int64_t offset,
                                  std::uint64_t length) {
  if (offset < 0 && length != 0) return common::Error{common::Errc::bad_value, "bad arguments"};
  auto log = open_log(path);
  if (!log) return log.error();
  const std::uint64_t size = log->file.size;
  std::uint64_t start = static_cast<std::uint64_t>(offset);
  if (offset < 0)
    start = size - std::min(size, std::uint64_t{0} - static_cast<std::uint64_t>(offset));
  start = std::min(start, size);
  const std::uint64_t count = length == 0 ? size - start : std::min(length, size - start);
  return LogChunk{{mixed(log->file.id), start}, read_at(log->fd.get(), start, count), false};
}

LogTail tail_log(const std::string& path, std::uint64_t offset, std::uint64_t length) {
  auto log = open_log(path);
  if (!log) return {};
  const std::uint64_t size = log->file.size;
  LogTail tail{{}, size, size > offset && size - offset > length};
  const std::uint64_t count = std::min(length, size);
  if (offset < size) tail.bytes = read_at(log->fd.get(), size - count, count);
  return tail;
}

common::Result<Cursor> Cursor::open(LogFile log, std::optional<LogPosition> from,
                                    std::uint64_t last_bytes) {
  Cursor cursor{std::move(log)};
  if (from && from->file_id != 0) {
    const auto number = cursor.number_of(from->file_id);
    if (number && cursor.open_number(*number)) {
      cursor.offset_ = from->offset;
      return cursor;
    }
    cursor.truncated_ = true;
  }
  auto current = open_log(cursor.log_.path);
  if (!current) return current.error();
  const std::uint64_t size = current->file.size;
  cursor.open_number(0);
  if (!cursor.truncated_) cursor.offset_ = size - std::min(size, last_bytes);
  return cursor;
}

std::optional<LogChunk> Cursor::next() {
  for (;;) {
    if (!fd_ && !open_number(0)) return std::nullopt;
    if (shrank()) {
      truncated_ = true;
      offset_ = 0;
    }
    if (auto chunk = read_some()) return chunk;
    const auto current = file_id_of(log_.path);
    if (!current || mixed(*current) == id_) return std::nullopt;
    // Rotated away, so nothing will be added to it any more; what came before that is read first.
    if (auto chunk = read_some()) return chunk;
    if (!move_on()) return std::nullopt;
  }
}

bool Cursor::open_number(int number) {
  auto log = open_log(backup_path(log_.path, number));
  if (!log) return false;
  fd_ = std::move(log->fd);
  id_ = mixed(log->file.id);
  offset_ = 0;
  return true;
}

std::optional<int> Cursor::number_of(std::uint64_t id) const {
  for (int number = 0; number <= log_.backups; ++number) {
    const auto file = file_id_of(backup_path(log_.path, number));
    if (file && mixed(*file) == id) return number;
  }
  return std::nullopt;
}

std::optional<LogChunk> Cursor::read_some() {
  std::string bytes = read_at(fd_.get(), offset_, chunk_bytes);
  if (bytes.empty()) return std::nullopt;
  LogChunk chunk{{id_, offset_}, std::move(bytes), std::exchange(truncated_, false)};
  offset_ += chunk.bytes.size();
  return chunk;
}

bool Cursor::shrank() const {
  const auto file = look_at(fd_.get());
  return file && file->size < offset_;
}

// To the file that was begun after ours; to the present one when ours is nowhere to be found.
bool Cursor::move_on() {
  const auto number = number_of(id_);
  if (!number) truncated_ = true;
  for (int newer = number.value_or(1) - 1; newer >= 0; --newer) {
    if (open_number(newer)) return true;
  }
  return false;
}

}  // namespace supervisord::log
