#include "asgi-worker/arbiter/privileges.hpp"

#include <grp.h>
#include <unistd.h>

#include <cerrno>

#include "common/identity.hpp"

namespace asgi_worker::arbiter {

using common::Error;
using common::Result;

Result<Privileges> Privileges::look_up(const Wanted& wanted) {
  Privileges found;
  if (!wanted.user.empty()) {
    const auto user = common::find_user(wanted.user);
    if (!user) return user.error();
    found.user = user->uid;
    if (wanted.group.empty()) found.group = user->gid;
    if (wanted.init_groups) found.groups = user->groups;
  }
  if (!wanted.group.empty()) {
    const auto group = common::find_group(wanted.group);
    if (!group) return group.error();
    found.group = *group;
  }
  const bool is_change =
      (found.user && *found.user != ::geteuid()) || (found.group && *found.group != ::getegid());
  if (is_change && ::geteuid() != 0)
    return common::system_error("only root can run workers as another user or group", EPERM);
  return found;
}

Result<void> Privileges::take() const {
  if (::geteuid() != 0) return {};  // taken already, or nothing to give up
  if (group) {
    const std::vector<gid_t> only{*group};
    const auto& all = groups.empty() ? only : groups;
    if (::setgroups(all.size(), all.data()) != 0) return common::system_error("setgroups", errno);
    if (::setresgid(*group, *group, *group) != 0) return common::system_error("setresgid", errno);
  }
  if (user && ::setresuid(*user, *user, *user) != 0)
    return common::system_error("setresuid", errno);
  return {};
}

Result<Privileges> look_up_owner(const std::string& text) {
  const auto colon = text.find(':');
  Privileges owner;
  if (const auto name = text.substr(0, colon); !name.empty()) {
    const auto user = common::find_user(name);
    if (!user) return user.error();
    owner.user = user->uid;
    owner.group = user->gid;
  }
  if (colon != std::string::npos && colon + 1 < text.size()) {
    const auto group = common::find_group(text.substr(colon + 1));
    if (!group) return group.error();
    owner.group = *group;
  }
  return owner;
}

}  // namespace asgi_worker::arbiter
