// Reads a log by its path, as Supervisor defines offset and length, and follows one across its
// rotations. Plain synchronous file reads; Follower (follow.hpp) says when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/error.hpp"
#include "supervisord/log/position.hpp"
#include "supervisord/log/shared_reads.hpp"

namespace supervisord::log {

/// Which log is read or followed: its path, and how many path.N may stand beside it.
struct LogFile {
  std::string path;
  int backups = 10;
};

/// `length` bytes (0: all) from `offset`; a negative offset, with length 0, means the last -offset
/// bytes. Errors: Errc::bad_value (bad arguments), Errc::missing (no log file), errno.
/// Source: Supervisor, readProcessStdoutLog.
common::Result<LogChunk> read_log(const std::string& path, std::int64_t offset,
                                  std::uint64_t length);

/// What tailProcessStdoutLog answers.
struct LogTail {
  std::string bytes;
  std::uint64_t offset = 0;  // the file's size
  bool overflow = false;     // there is more than `offset` + `length`
};
/// The last `length` bytes, whatever `offset` is, unless it lies at or behind the end (then
/// nothing); an empty answer when there is no file.
LogTail tail_log(const std::string& path, std::uint64_t offset, std::uint64_t length);

/// A place in a log that moves forward: from file to file as the log is rotated.
class Cursor {
 public:
  /// From `from`, wherever its file is now; without it, the last `last_bytes` of the log. `reads`
  /// outlives it. Errors: Errc::missing (no log file).
  static common::Result<Cursor> open(SharedReads& reads, LogFile log,
                                     std::optional<LogPosition> from, std::uint64_t last_bytes);

  const std::string& path() const { return log_.path; }
  /// 0: none is open.
  std::uint64_t file_id() const { return file_ ? file_->id() : 0; }
  /// The next bytes; null when the end is reached.
  SharedChunk next();

 private:
  Cursor(SharedReads& reads, LogFile log) : reads_{&reads}, log_{std::move(log)} {}
  bool open_number(int number);
  std::optional<int> number_of(std::uint64_t id) const;
  SharedChunk read_some();
  bool move_on();

  SharedReads* reads_;
  LogFile log_;
  SharedReads::FilePtr file_;
  std::uint64_t offset_ = 0;
  bool truncated_ = false;
};

}  // namespace supervisord::log
