#include "supervisord/keeper/handover.hpp"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "supervisord/keeper/pointers.hpp"

namespace supervisord::keeper {
namespace {

using common::Result;
using common::system_error;
using common::UniqueFd;

constexpr off_t biggest = 256 * 1024 * 1024;

std::string link_target(const char* path) {
  char target[4096];
  const ssize_t size = ::readlink(path, target, sizeof target);
  return {target, size > 0 ? static_cast<std::size_t>(size) : 0};
}

bool are_the_same(const char* one, const char* other) {
  struct stat a {};
  struct stat b {};
  return ::stat(one, &a) == 0 && ::stat(other, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

std::string in_folder_of(const std::string& path, const char* name) {
  return path.substr(0, path.rfind('/') + 1) + name;
}

}  // namespace

std::string executable_path() {
  const auto* const given = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  if (given != nullptr && are_the_same(given, "/proc/self/exe")) {
    const std::string path{given};
    if (path.starts_with('/') && !path.starts_with("/proc/") && !path.starts_with("/dev/"))
      return path;
    if (!path.starts_with('/')) {
      char* const here = ::getcwd(nullptr, 0);
      const std::string whole = here != nullptr ? std::string{here} + "/" + path : "";
      std::free(here);
      if (whole.starts_with('/')) return whole;
    }
  }
  return link_target("/proc/self/exe");
}

std::string daemon_path(const std::string& keeper) {
  constexpr const char* beside = "../libexec/supervisord/supervisord";
  std::string path = in_folder_of(keeper, beside);
  if (::access(path.c_str(), F_OK) == 0) return path;
  return in_folder_of(link_target("/proc/self/exe"), beside);  // the keeper's own name is a link
}

Result<UniqueFd> memfd_with(std::string_view bytes) {
  UniqueFd fd{::memfd_create("keeper", MFD_CLOEXEC)};
  if (!fd) return system_error("memfd", errno);
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error("memfd", errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return fd;
}

Result<std::string> contents_of(int fd) {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) return system_error("memfd", errno);
  if (facts.st_size > biggest) return system_error("memfd", EFBIG);
  std::string bytes(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t size =
        ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return system_error("memfd", errno);
    if (size == 0) break;
    done += static_cast<std::size_t>(size);
  }
  bytes.resize(done);
  return bytes;
}

void set_on_exec(std::span<const int> fds, OnExec what) {
  for (const int fd : fds) ::fcntl(fd, F_SETFD, what == OnExec::close ? FD_CLOEXEC : 0);
}

int execute(const std::string& path, const std::vector<std::string>& argv,
            const std::vector<std::string>& environment, std::span<const int> kept) {
  const std::vector<char*> words = pointers(argv);
  const std::vector<char*> variables = pointers(environment);
  set_on_exec(kept, OnExec::keep);
  ::execve(path.c_str(), words.data(), variables.data());
  const int error = errno;
  set_on_exec(kept, OnExec::close);
  return error;
}

}  // namespace supervisord::keeper
