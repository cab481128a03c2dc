#include "supervisord/log/tail.hpp"

#include <algorithm>
#include <utility>

#include "supervisord/log/readable.hpp"
#include "supervisord/log/rotation.hpp"

namespace supervisord::log {
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

common::Result<Cursor> Cursor::open(SharedReads& reads, LogFile log,
                                    std::optional<LogPosition> from, std::uint64_t last_bytes) {
  Cursor cursor{reads, std::move(log)};
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

SharedChunk Cursor::next() {
  for (;;) {
    if (!file_ && !open_number(0)) return nullptr;
    if (file_->size() < offset_) {
      truncated_ = true;
      offset_ = 0;
    }
    if (auto chunk = read_some()) return chunk;
    const auto current = file_id_of(log_.path);
    if (!current || mixed(*current) == file_->id()) return nullptr;
    // Rotated away, so nothing will be added to it any more; what came before that is read first.
    if (auto chunk = read_some()) return chunk;
    if (!move_on()) return nullptr;
  }
}

bool Cursor::open_number(int number) {
  auto file = reads_->open(backup_path(log_.path, number));
  if (!file) return false;
  file_ = std::move(file);
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

SharedChunk Cursor::read_some() {
  auto chunk = reads_->read(file_, offset_);
  if (chunk && std::exchange(truncated_, false)) {
    // Of this reader alone, and short, since all readers may have to say so at once.
    constexpr std::size_t most = 4096;
    chunk = std::make_shared<const LogChunk>(
        LogChunk{chunk->position, chunk->bytes.substr(0, most), true});
  }
  if (chunk) offset_ += chunk->bytes.size();
  return chunk;
}

// To the file that was begun after ours; to the present one when ours is nowhere to be found.
bool Cursor::move_on() {
  const auto number = number_of(file_->id());
  if (!number) truncated_ = true;
  for (int newer = number.value_or(1) - 1; newer >= 0; --newer) {
    if (open_number(newer)) return true;
  }
  return false;
}

}  // namespace supervisord::log
