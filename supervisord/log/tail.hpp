// Reads a log by its path, as Supervisor defines offset and length, and follows one across its
// rotations. Plain synchronous file reads; Follower (follow.hpp) says when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/error.hpp"
#include "common/unique_fd.hpp"
#include "supervisord/log/position.hpp"
#include "supervisord/log/record.hpp"

namespace supervisord::log {

/// Which log is read or followed: its path, and how many path.N may stand beside it.
struct LogFile {
  std::string path;
  int backups = 10;
};

/// Device and inode as one number; never 0.
std::uint64_t mixed(const FileId& id);

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
  /// From `from`, wherever its file is now; without it, the last `last_bytes` of the log. Errors:
  /// Errc::missing (no log file).
  static common::Result<Cursor> open(LogFile log, std::optional<LogPosition> from,
                                     std::uint64_t last_bytes);

  const std::string& path() const { return log_.path; }
  std::uint64_t file_id() const { return id_; }
  /// The next bytes, at most 64 KiB; none when the end is reached.
  std::optional<LogChunk> next();

 private:
  explicit Cursor(LogFile log) : log_{std::move(log)} {}
  bool open_number(int number);
  std::optional<int> number_of(std::uint64_t id) const;
  std::optional<LogChunk> read_some();
  bool shrank() const;
  bool move_on();

  LogFile log_;
  common::UniqueFd fd_;
  std::uint64_t id_ = 0;
  std::uint64_t offset_ = 0;
  bool truncated_ = false;
};

}  // namespace supervisord::log
