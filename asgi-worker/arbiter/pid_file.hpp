// The file that says who the arbiter is. Written beside its place and renamed, so that nobody reads
// half a number; not taken from an arbiter that lives. Owned by Site, removed at the end if it is
// still ours.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/error.hpp"

namespace asgi_worker::arbiter {

class PidFile {
 public:
  PidFile() = default;
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

  /// In the place of the one that was written before, if any; none for "". Errors: Errc::conflict
  /// when the process that it names lives; errno.
  common::Result<void> write(const std::string& path);
  /// The same file under another name: a successor begins as "x.pid.2".
  common::Result<void> move_to(const std::string& path);
  void remove();

 private:
  std::string path_;
};

}  // namespace asgi_worker::arbiter
