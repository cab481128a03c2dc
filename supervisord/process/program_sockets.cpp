#include "supervisord/process/program_sockets.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "common/bind.hpp"
#include "supervisord/process/listening.hpp"

namespace supervisord::process {
namespace {

using common::Level;
using common::Result;

std::string path_of(const std::string& url) {
  constexpr std::string_view scheme = "unix://";
  return url.starts_with(scheme) ? url.substr(scheme.size()) : "";
}

bool set_file(const config::ListenSpec& place) {
  if (place.unix_path.empty()) return true;
  const char* const path = place.unix_path.c_str();
  const uid_t user = place.owner.value_or(static_cast<uid_t>(-1));
  const gid_t group = place.owner_group.value_or(static_cast<gid_t>(-1));
  return ::lchown(path, user, group) == 0 && ::chmod(path, place.mode) == 0;
}

}  // namespace

void hold_program_socket(common::Holder& holder, const std::string& url, int fd) {
  holder.put(std::string{program_socket_record} + url, common::bound_address(fd), {&fd, 1});
}

ProgramSockets::ProgramSockets(common::Holder& holder,
                               std::function<void(Level, const std::string&)> report)
    : holder_{holder}, report_{std::move(report)} {}

Result<int> ProgramSockets::open(const config::SocketSpec& spec) {
  const std::string& url = spec.place.url;
  if (const auto found = open_.find(url); found != open_.end()) {
    adapt(found->second, spec.place);
    return found->second.fd.get();
  }
  auto listening = listen_on(spec.place);
  if (!listening) {
    return common::Error{listening.error().code, fmt::format("cannot open [socket:{}]: {}",
                                                             spec.name, listening.error().context)};
  }
  report_(Level::info, "Creating socket " + url);
  const int fd = listening->get();
  hold_program_socket(holder_, url, fd);
  open_.emplace(url, Open{*std::move(listening), spec.place});
  missing_.erase(url);
  return fd;
}

void ProgramSockets::adapt(Open& open, const config::ListenSpec& place) {
  if (!open.place) open.place = place;
  if (*open.place == place) return;
  open.place = place;
  if (::listen(open.fd.get(), place.backlog) != 0 || !set_file(place)) {
    report_(Level::warn, fmt::format("cannot change backlog, mode or owner of {} ({})", place.url,
                                     common::errno_name(errno)));
  }
}

void ProgramSockets::keep_only(const std::set<std::string>& urls) {
  const auto drop = [this](const std::string& url) {
    holder_.drop(std::string{program_socket_record} + url);
  };
  std::erase_if(missing_, [&](const auto& row) {
    if (urls.contains(row.first)) return false;
    drop(row.first);
    return true;
  });
  std::erase_if(open_, [&](const auto& row) {
    if (urls.contains(row.first)) return false;
    report_(Level::info, "Closing socket " + row.first);
    stop_listening(row.second.fd.get());
    drop(row.first);
    remove_socket_file(path_of(row.first));
    return true;
  });
}

void ProgramSockets::inherit(const std::string& url, common::Held held) {
  if (held.fds.empty()) {
    missing_.emplace(url, std::move(held.bytes));
  } else {
    open_.emplace(url, Open{std::move(held.fds.front()), std::nullopt});
  }
}

void ProgramSockets::recover(const config::SocketSpec& spec, pid_t pid) {
  const auto found = missing_.find(spec.place.url);
  if (found == missing_.end()) return;
  common::UniqueFd fd = listening_socket_of(pid, found->second);
  if (!fd) return;
  hold_program_socket(holder_, spec.place.url, fd.get());
  open_.emplace(spec.place.url, Open{std::move(fd), std::nullopt});
  missing_.erase(found);
}

}  // namespace supervisord::process
