// USER or USER:GROUP of a Unix socket, looked up. Looks at the world through Surroundings only.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

struct Owner {
  std::optional<uid_t> user;
  std::optional<gid_t> group;  // none: left as it is
};

/// None when there is no such user or group.
std::optional<Owner> parse_owner(const std::string& text, const Surroundings& surroundings);

}  // namespace supervisord::config
