#include "supervisord/process/fcgi_socket.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "common/bind.hpp"

namespace supervisord::process {
namespace {

using common::Level;
using common::Result;
using common::UniqueFd;

Result<UniqueFd> listen_on(const config::FcgiSocketSpec& spec) {
  common::BindOptions options;
  options.backlog = spec.backlog;
  options.unix_mode = spec.mode;
  options.unix_user = spec.owner;
  options.unix_group = spec.owner_group;
  common::Address address = common::TcpAddress{spec.host, spec.port};
  if (!spec.unix_path.empty()) address = common::UnixAddress{spec.unix_path};
  auto bound = common::bind_address(address, options);
  if (!bound) return bound;
  // The programs accept on it as they would on any inherited socket: blocking.
  if (const auto set = common::set_blocking(bound->get(), common::Blocking::yes); !set)
    return set.error();
  return bound;
}

/// What is left of an earlier run goes, as with Supervisor; another kind of file stays, and is an
/// error when the socket is bound.
void remove_socket_file(const std::string& path) {
  struct stat status {};
  if (!path.empty() && ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode))
    ::unlink(path.c_str());
}

/// Descriptor 0 of a process, if it is a listening socket. Needs ptrace's rights: root, or the
/// same user.
UniqueFd socket_of(pid_t pid) {
  const UniqueFd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!process) return {};
  UniqueFd fd{static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), 0, 0))};
  int listens = 0;
  socklen_t size = sizeof listens;
  if (!fd || ::getsockopt(fd.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 ||
      listens == 0)
    return {};
  return fd;
}

}  // namespace

FcgiSocket::FcgiSocket(std::string group, config::FcgiSocketSpec spec, common::Holder& holder,
                       std::function<void(Level, const std::string&)> report)
    : group_{std::move(group)},
      spec_{std::move(spec)},
      holder_{holder},
      report_{std::move(report)} {}

Result<int> FcgiSocket::take(const std::string& process) {
  if (!fd_) {
    if (const auto opened = open(); !opened) return opened.error();
  }
  users_.insert(process);
  return fd_.get();
}

void FcgiSocket::inherit(UniqueFd fd) {
  fd_ = std::move(fd);
  is_taken_over_ = false;
}

void FcgiSocket::leave(const std::string& process) {
  if (users_.erase(process) > 0 && is_taken_over_) close_if_unused();
}

void FcgiSocket::join(const std::string& process, pid_t pid) {
  users_.insert(process);
  if (fd_ || pid == 0) return;
  fd_ = socket_of(pid);
  if (fd_) {
    hold();
  } else {
    report_(Level::warn, fmt::format("the socket {} of '{}' (pid {}) cannot be had back; the next "
                                     "run gets a new one",
                                     spec_.url, process, pid));
  }
}

void FcgiSocket::close_if_unused() {
  is_taken_over_ = true;
  if (users_.empty() && fd_) close();
}

Result<void> FcgiSocket::open() {
  report_(Level::info, "Creating socket " + spec_.url);
  remove_socket_file(spec_.unix_path);
  auto listening = listen_on(spec_);
  if (!listening) return listening.error();
  fd_ = *std::move(listening);
  hold();
  return {};
}

void FcgiSocket::hold() {
  const int number = fd_.get();
  holder_.put("fcgi:" + group_, spec_.url, {&number, 1});
}

void FcgiSocket::close() {
  report_(Level::info, "Closing socket " + spec_.url);
  fd_.reset();
  holder_.drop("fcgi:" + group_);
  remove_socket_file(spec_.unix_path);
}

// A Unix socket is tried beside its place: what is there may be a running program's.
Result<void> check_fcgi_socket(const config::FcgiSocketSpec& spec) {
  config::FcgiSocketSpec probe = spec;
  if (const auto slash = probe.unix_path.rfind('/'); slash != std::string::npos)
    probe.unix_path = probe.unix_path.substr(0, slash + 1) + "." + std::to_string(::getpid());
  const auto listening = listen_on(probe);
  remove_socket_file(probe.unix_path);
  if (!listening) return listening.error();
  return {};
}

}  // namespace supervisord::process
