// RUNDIR: the folder where the keeper keeps what must outlive it, and the lock that says that a
// keeper or its daemon lives.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "common/error.hpp"
#include "common/unique_fd.hpp"

namespace supervisord::keeper {

struct Rundir {
  std::string path;         // "" when it is only memory
  common::UniqueFd folder;  // likewise
  common::UniqueFd pump;    // one page of record and 1 MiB of buffer, locked while open anywhere
};

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
};

/// Makes the folder (0711), `pump` (0600) and `notify` (0711) as far as they are missing, gives
/// them to `owner`, and takes the lock; waits `patience` for a dying daemon that still has it.
/// Errors: EWOULDBLOCK (a keeper lives), else an errno: the place cannot be used.
common::Result<Rundir> take_rundir(const std::string& path, std::optional<Owner> owner,
                                   std::chrono::milliseconds patience);
/// The same in memory, which ends with the keeper. Errors: errno.
common::Result<Rundir> make_memory_rundir();
/// At the end of all: the files, then the folder, unless somebody else put something into it.
void remove_rundir(const Rundir& rundir);

}  // namespace supervisord::keeper
