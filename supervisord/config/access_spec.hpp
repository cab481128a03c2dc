// Who may do what over the API, as a server's section says it: allow_users and allow_groups, lists
// of NAME or NAME:ROLE. OURS. Looks at the world through Surroundings only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

/// Each may do what those before it may.
enum class Role { read, operate, admin };

std::string_view role_name(Role role);
std::optional<Role> role_named(std::string_view word);

struct Allowed {
  std::string name;
  std::uint32_t id = 0;  // the user's or group's; 0 where names are a certificate's
  Role role = Role::admin;

  friend bool operator==(const Allowed&, const Allowed&) = default;
};

/// "alice:operate, bob": a word that is no role belongs to the name, which is admin then.
std::vector<Allowed> parse_allowed(std::string_view text);
/// The same with their ids. Errors: "Invalid user name X", "Invalid group name X".
common::Result<std::vector<Allowed>> parse_allowed_users(std::string_view text,
                                                         const Surroundings& surroundings);
common::Result<std::vector<Allowed>> parse_allowed_groups(std::string_view text,
                                                          const Surroundings& surroundings);

}  // namespace supervisord::config
