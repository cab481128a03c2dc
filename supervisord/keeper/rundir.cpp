#include "supervisord/keeper/rundir.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace supervisord::keeper {
namespace {

using common::Result;
using common::system_error;
using common::UniqueFd;

constexpr off_t pump_buffer_bytes = 1024 * 1024;
constexpr std::chrono::milliseconds lock_interval{10};

off_t pump_bytes() { return ::sysconf(_SC_PAGESIZE) + pump_buffer_bytes; }

Result<void> give(int fd, std::optional<Owner> owner, mode_t mode, const std::string& what) {
  if (owner && ::fchown(fd, owner->uid, owner->gid) != 0) return system_error(what, errno);
  if (::fchmod(fd, mode) != 0) return system_error(what, errno);  // whatever the umask is
  return {};
}

// A folder that others can write to, or that another user made, is no place for a lock.
Result<UniqueFd> open_folder(int parent, const std::string& path, std::optional<Owner> owner) {
  if (::mkdirat(parent, path.c_str(), 0711) != 0 && errno != EEXIST)
    return system_error(path, errno);
  UniqueFd fd{::openat(parent, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0) return system_error(path, errno);
  const bool is_ours = facts.st_uid == ::geteuid() || (owner && facts.st_uid == owner->uid);
  if (!is_ours) return system_error(path, EPERM);
  if (const auto given = give(fd.get(), owner, 0711, path); !given) return given.error();
  return fd;
}

Result<UniqueFd> open_pump(int folder, std::optional<Owner> owner) {
  UniqueFd fd{
      ::openat(folder, "pump", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600)};
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0) return system_error("pump", errno);
  if (!S_ISREG(facts.st_mode) || facts.st_nlink > 1) return system_error("pump", EINVAL);
  if (const auto given = give(fd.get(), owner, 0600, "pump"); !given) return given.error();
  return fd;
}

// The last keeper may have removed the file that we opened, before it let go of the lock.
bool is_in_place(int folder, int pump) {
  struct stat named {};
  struct stat held {};
  return ::fstatat(folder, "pump", &named, AT_SYMLINK_NOFOLLOW) == 0 && ::fstat(pump, &held) == 0 &&
         named.st_ino == held.st_ino && named.st_dev == held.st_dev;
}

Result<Rundir> take_once(const std::string& path, std::optional<Owner> owner) {
  auto folder = open_folder(AT_FDCWD, path, owner);
  if (!folder) return folder.error();
  auto pump = open_pump(folder->get(), owner);
  if (!pump) return pump.error();
  if (::flock(pump->get(), LOCK_EX | LOCK_NB) != 0) return system_error(path, errno);
  if (!is_in_place(folder->get(), pump->get())) return system_error(path, EWOULDBLOCK);
  if (::ftruncate(pump->get(), pump_bytes()) != 0) return system_error(path, errno);
  if (auto notify = open_folder(folder->get(), "notify", owner); !notify) return notify.error();
  return Rundir{path, std::move(*folder), std::move(*pump)};
}

}  // namespace

Result<Rundir> take_rundir(const std::string& path, std::optional<Owner> owner,
                           std::chrono::milliseconds patience) {
  for (;;) {
    auto taken = take_once(path, owner);
    if (taken || taken.error().code.value() != EWOULDBLOCK || patience <= patience.zero())
      return taken;
    ::poll(nullptr, 0, static_cast<int>(lock_interval.count()));
    patience -= lock_interval;
  }
}

Result<Rundir> make_memory_rundir() {
  UniqueFd pump{::memfd_create("pump", MFD_CLOEXEC)};
  if (!pump || ::ftruncate(pump.get(), pump_bytes()) != 0) return system_error("memfd", errno);
  return Rundir{"", {}, std::move(pump)};
}

void remove_rundir(const Rundir& rundir) {
  if (!rundir.folder) return;
  const UniqueFd notify{
      ::openat(rundir.folder.get(), "notify", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (DIR* const entries = notify ? ::fdopendir(::dup(notify.get())) : nullptr;
      entries != nullptr) {
    while (const dirent* const entry = ::readdir(entries))
      ::unlinkat(notify.get(), entry->d_name, 0);
    ::closedir(entries);
  }
  ::unlinkat(rundir.folder.get(), "notify", AT_REMOVEDIR);
  for (const char* const name : {"keeper.state", "keeper.state.new", "pump"})
    ::unlinkat(rundir.folder.get(), name, 0);
  ::rmdir(rundir.path.c_str());  // stays when it is not empty, or not in our power
}

}  // namespace supervisord::keeper
