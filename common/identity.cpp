#include "common/identity.hpp"

#include <grp.h>
#include <pwd.h>

#include <charconv>
#include <optional>

namespace common {
namespace {

std::optional<unsigned> number_of(std::string_view text) {
  unsigned value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, ec] = std::from_chars(text.data(), last, value);
  if (ec != std::errc{} || end != last) return std::nullopt;
  return value;
}

}  // namespace

Result<User> find_user(std::string_view name_or_uid) {
  const std::string text{name_or_uid};
  const auto uid = number_of(text);
  const passwd* const entry = uid ? ::getpwuid(*uid) : ::getpwnam(text.c_str());
  if (entry == nullptr)
    return Error{Errc::not_found, (uid ? "Invalid user id " : "Invalid user name ") + text};
  User user{entry->pw_name, entry->pw_uid, entry->pw_gid, {}};
  int count = 64;
  user.groups.resize(static_cast<std::size_t>(count));
  if (::getgrouplist(user.name.c_str(), user.gid, user.groups.data(), &count) < 0) {
    user.groups.resize(static_cast<std::size_t>(count));
    ::getgrouplist(user.name.c_str(), user.gid, user.groups.data(), &count);
  }
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

Result<gid_t> find_group(std::string_view name_or_gid) {
  const std::string text{name_or_gid};
  const auto gid = number_of(text);
  const group* const entry = gid ? ::getgrgid(*gid) : ::getgrnam(text.c_str());
  if (entry == nullptr)
    return Error{Errc::not_found, (gid ? "Invalid group id " : "Invalid group name ") + text};
  return entry->gr_gid;
}

}  // namespace common
