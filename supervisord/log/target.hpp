// Where a stream's output goes: plain values, as resolved from the configuration.
#pragma once

#include <cstdint>
#include <string>

namespace supervisord::log {

struct Target {
  enum class Kind {
    discard,  // logfile=NONE: read and thrown away
    file,     // a path; /dev/stdout, /dev/stderr and /dev/fd/N name an inherited descriptor
  };
  Kind kind = Kind::discard;
  std::string path;                                  // absolute
  std::uint64_t rotate_at_bytes = 50 * 1024 * 1024;  // 0: never
  int backups = 10;                                  // 0: truncated when full
  bool owner_only = false;                           // created 0600 (AUTO), else 0666 & ~umask

  friend bool operator==(const Target&, const Target&) = default;
};

}  // namespace supervisord::log
