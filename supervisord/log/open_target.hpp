// Opens what a log's path names: a file, a FIFO, a terminal; or, for /dev/stdout and its like, a
// duplicate of the inherited descriptor, which is never opened anew (it has its own offset and
// flags).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/unique_fd.hpp"
#include "supervisord/log/record.hpp"
#include "supervisord/log/target.hpp"

namespace supervisord::log {

/// The number that /dev/stdout, /dev/stderr, /dev/fd/N or /proc/self/fd/N means.
std::optional<int> inherited_descriptor(const std::string& path);

/// What the kernel says of an open log.
struct OpenFile {
  FileId id;
  std::uint64_t size = 0;
  bool regular = false;
  bool pipe = false;
  bool is_null = false;  // /dev/null
  bool append = false;   // O_APPEND: splice refuses such a file
};
std::optional<OpenFile> look_at(int fd);

/// The identity of what `path` names now; none when there is nothing (or it cannot be seen).
std::optional<FileId> file_id_of(const std::string& path);

/// Opened for reading and writing, created when missing, never waiting (a FIFO needs no reader);
/// its offset is at the end. Errors: errno of open.
common::Result<common::UniqueFd> open_target(const Target& target);

}  // namespace supervisord::log
