// Whose rights workers have: looked up once in the arbiter, taken in each worker (or the template)
// after its fork. The arbiter keeps its own, to bind again and to signal.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "common/error.hpp"

namespace asgi_worker::arbiter {

struct Privileges {
  std::optional<uid_t> user;
  std::optional<gid_t> group;
  std::vector<gid_t> groups;  // with initgroups: all of the user's

  struct Wanted {
    std::string user;
    std::string group;
    bool init_groups = false;
  };
  /// Errors: not_found; permission, when this process may not become that user.
  static common::Result<Privileges> look_up(const Wanted& wanted);

  /// For good. Errors: errno, with the step that failed. Doing it again changes nothing.
  common::Result<void> take() const;
};

/// "user", "user:group", ":group" -> owner of a file.
common::Result<Privileges> look_up_owner(const std::string& text);

}  // namespace asgi_worker::arbiter
