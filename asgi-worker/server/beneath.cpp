#include "asgi-worker/server/beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace asgi_worker::server {
namespace {

constexpr int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

}  // namespace

common::UniqueFd open_beneath(int directory, const std::string& path) {
  const open_how how{.flags = flags, .mode = 0, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  common::UniqueFd fd{
      static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how))};
  // An old kernel, or a container's filter that answers EPERM for what it does not know.
  if (!fd && (errno == ENOSYS || errno == EPERM)) return open_stepwise(directory, path);
  return fd;
}

common::UniqueFd open_stepwise(int directory, const std::string& path) {
  common::UniqueFd at;
  std::string_view rest = path;
  for (;;) {
    const std::size_t slash = rest.find('/');
    const std::string name{rest.substr(0, slash)};
    const bool is_last = slash == std::string_view::npos;
    if (name == ".." || (name.empty() && !is_last)) return errno = ENOENT, common::UniqueFd{};
    const int from = at ? at.get() : directory;
    const char* const step = name.empty() ? "." : name.c_str();
    at.reset(::openat(
        from, step, is_last ? flags | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!at || is_last) return at;
    rest = rest.substr(slash + 1);
  }
}

}  // namespace asgi_worker::server
