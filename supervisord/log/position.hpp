// A place in a log that survives rotation and the daemon, and a piece of a log read from there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace supervisord::log {

struct LogPosition {
  std::uint64_t file_id = 0;  // device and inode, mixed; 0: none
  std::uint64_t offset = 0;
};

struct LogChunk {
  LogPosition position;  // of the first byte
  std::string bytes;
  bool truncated = false;  // the file shrank or was lost before this: bytes may be missing
};

/// One for all who follow the log and are at its place. May be dropped on any thread.
using SharedChunk = std::shared_ptr<const LogChunk>;

}  // namespace supervisord::log
