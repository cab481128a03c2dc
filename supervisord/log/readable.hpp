// A log file opened for reading, by whoever reads it. Plain synchronous calls.
#pragma once

#include <cstdint>
#include <string>

#include "common/error.hpp"
#include "common/unique_fd.hpp"
#include "supervisord/log/open_target.hpp"

namespace supervisord::log {

struct Readable {
  common::UniqueFd fd;
  OpenFile file;
};
/// Errors: Errc::missing (none, or no regular file: reading a FIFO would take its bytes away from
/// its reader), errno.
common::Result<Readable> open_log(const std::string& path);

/// `length` bytes, or as many as there are.
std::string read_at(int fd, std::uint64_t offset, std::uint64_t length);

/// Device and inode as one number; never 0.
std::uint64_t mixed(const FileId& id);

}  // namespace supervisord::log
