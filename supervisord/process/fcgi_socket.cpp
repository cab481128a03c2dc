#include "supervisord/process/fcgi_socket.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "supervisord/process/listening.hpp"

namespace supervisord::process {
namespace {

using common::Level;
using common::Result;
using common::UniqueFd;

}  // namespace

FcgiSocket::FcgiSocket(std::string group, config::ListenSpec spec, common::Holder& holder,
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
  fd_ = listening_socket_of(pid, 0);
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
  // What is left of an earlier run goes, as with Supervisor; another kind of file stays, and is an
  // error when the socket is bound.
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
  stop_listening(fd_.get());
  fd_.reset();
  holder_.drop("fcgi:" + group_);
  remove_socket_file(spec_.unix_path);
}

// A Unix socket is tried beside its place: what is there may be a running program's.
Result<void> check_fcgi_socket(const config::ListenSpec& spec) {
  config::ListenSpec probe = spec;
  if (const auto slash = probe.unix_path.rfind('/'); slash != std::string::npos)
    probe.unix_path = probe.unix_path.substr(0, slash + 1) + "." + std::to_string(::getpid());
  const auto listening = listen_on(probe);
  remove_socket_file(probe.unix_path);
  if (!listening) return listening.error();
  return {};
}

}  // namespace supervisord::process
