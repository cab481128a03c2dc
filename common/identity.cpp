#include "common/identity.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "common/values.hpp"

namespace common {
namespace {

constexpr std::size_t largest_entry = 16 * 1024 * 1024;  // a group with very many members

std::vector<gid_t> groups_of(const passwd& entry) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  while (::getgrouplist(entry.pw_name, entry.pw_gid, groups.data(), &count) < 0) {
    groups.resize(std::max(static_cast<std::size_t>(count), 2 * groups.size()));
    count = static_cast<int>(groups.size());
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

/// Calls a get..._r function with a buffer that grows until the entry fits. `found` is called with
/// the entry while the buffer lives. False: there is none.
template <class Entry, class Call, class Found>
bool look_up(Call call, Found found) {
  std::vector<char> buffer(1024);
  for (;;) {
    Entry entry{};
    Entry* result = nullptr;
    const int error = call(&entry, buffer.data(), buffer.size(), &result);
    if (error == EINTR) continue;
    if (error == ERANGE && buffer.size() < largest_entry) {
      buffer.resize(buffer.size() * 4);
      continue;
    }
    if (result == nullptr) return false;
    found(*result);
    return true;
  }
}

/// The id that `text` is, if it is a number that ids can be.
template <class Id>
bool is_id(const std::string& text, Id& id) {
  const auto number = parse_integer(text);
  if (!number || *number < 0 || *number >= std::numeric_limits<Id>::max()) return false;
  id = static_cast<Id>(*number);
  return true;
}

}  // namespace

Result<User> find_user(const std::string& name_or_id) {
  User user;
  const auto take = [&](const passwd& entry) {
    user = {entry.pw_name, entry.pw_uid, entry.pw_gid, groups_of(entry), entry.pw_dir};
  };
  uid_t id = 0;
  const bool by_id = is_id(name_or_id, id);
  const bool there = look_up<passwd>(
      [&](passwd* entry, char* buffer, std::size_t size, passwd** result) {
        return by_id ? ::getpwuid_r(id, entry, buffer, size, result)
                     : ::getpwnam_r(name_or_id.c_str(), entry, buffer, size, result);
      },
      take);
  if (there) return user;
  return Error{Errc::not_found, (by_id ? "Invalid user id " : "Invalid user name ") + name_or_id};
}

Result<gid_t> find_group(const std::string& name_or_id) {
  gid_t gid = 0;
  gid_t id = 0;
  const bool by_id = is_id(name_or_id, id);
  const bool there = look_up<group>(
      [&](group* entry, char* buffer, std::size_t size, group** result) {
        return by_id ? ::getgrgid_r(id, entry, buffer, size, result)
                     : ::getgrnam_r(name_or_id.c_str(), entry, buffer, size, result);
      },
      [&](const group& entry) { gid = entry.gr_gid; });
  if (there) return gid;
  return Error{Errc::not_found, (by_id ? "Invalid group id " : "Invalid group name ") + name_or_id};
}

}  // namespace common
