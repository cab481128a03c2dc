#include "supervisord/config/access_spec.hpp"

#include "common/values.hpp"

namespace supervisord::config {
std::string_view role_name(Role role) {
  switch (role) {
    case Role::read: return "read";
    case Role::operate: return "operate";
    case Role::admin: return "admin";
  }
  return "unknown";
}

std::optional<Role> role_named(std::string_view word) {
  for (const Role role : {Role::read, Role::operate, Role::admin}) {
    if (word == role_name(role)) return role;
  }
  return std::nullopt;
}

std::vector<Allowed> parse_allowed(std::string_view text) {
  std::vector<Allowed> out;
  for (const std::string& item : common::split_list(text)) {
    const std::size_t colon = item.rfind(':');
    const auto role = colon == std::string::npos
                          ? std::nullopt
                          : role_named(common::trimmed(std::string_view{item}.substr(colon + 1)));
    const std::string_view name = role ? std::string_view{item}.substr(0, colon) : item;
    out.push_back({std::string{common::trimmed(name)}, 0, role.value_or(Role::admin)});
  }
  return out;
}

common::Result<std::vector<Allowed>> parse_allowed_users(std::string_view text,
                                                         const Surroundings& surroundings) {
  auto out = parse_allowed(text);
  for (Allowed& each : out) {
    const auto user = surroundings.find_user(each.name);
    if (!user) return user.error();
    each.id = (*user).uid;
    each.name = (*user).name;
  }
  return out;
}

common::Result<std::vector<Allowed>> parse_allowed_groups(std::string_view text,
                                                          const Surroundings& surroundings) {
  auto out = parse_allowed(text);
  for (Allowed& each : out) {
    const auto group = surroundings.find_group(each.name);
    if (!group) return group.error();
    each.id = *group;
  }
  return out;
}

}  // namespace supervisord::config
