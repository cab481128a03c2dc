// Users and groups of the system, looked up by name or number. Sets no ids: that is the keeper's.
// Reads the user database (NSS), so not for a statically linked program.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/error.hpp"

namespace common {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;              // primary
  std::vector<gid_t> groups;  // primary and all that list the user
  std::string home;
};

/// By number when it is one, else by name. Errors: not_found, with Supervisor's "Invalid user name
/// X" or "Invalid user id X".
Result<User> find_user(const std::string& name_or_id);
/// The same for groups: "Invalid group name X", "Invalid group id X".
Result<gid_t> find_group(const std::string& name_or_id);

}  // namespace common
