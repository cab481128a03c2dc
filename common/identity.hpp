// Users and groups looked up by name or number. Sets no ids: the keeper does that, with raw calls.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"

namespace common {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // the primary one and all that list the user
};

/// Errors: Errc::not_found, "Invalid user name X" or "Invalid user id X".
Result<User> find_user(std::string_view name_or_uid);
/// Errors: Errc::not_found, "Invalid group name X" or "Invalid group id X".
Result<gid_t> find_group(std::string_view name_or_gid);

}  // namespace common
