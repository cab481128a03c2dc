// The listening sockets of [socket:x], which programs are given as their descriptors from 3 on.
// There from when a group that names them comes into force until none does, whether a program runs
// or not: connections wait in the queue meanwhile. The keeper holds each (record
// "program-socket:URL"). Known by address, so that a new name, or another program, is no new
// socket. Owned by the daemon, on its loop.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/held.hpp"
#include "common/log.hpp"
#include "common/unique_fd.hpp"
#include "supervisord/config/process_spec.hpp"

namespace supervisord::process {

constexpr std::string_view program_socket_record = "program-socket:";

/// Gives it to the keeper.
void hold_program_socket(common::Holder& holder, const std::string& url, int fd);

class ProgramSockets {
 public:
  /// `holder` outlives this.
  ProgramSockets(common::Holder& holder,
                 std::function<void(common::Level, const std::string&)> report);

  /// The descriptor, this object's own; opened when it is not there. Another backlog, mode or owner
  /// than before is set on it as it is. Errors: errno, with the address.
  common::Result<int> open(const config::SocketSpec& spec);
  /// Closes all but these, and removes their files.
  void keep_only(const std::set<std::string>& urls);

  /// What the keeper had, at the takeover. No descriptor in it: the keeper was killed, and only a
  /// program may still have the socket.
  void inherit(const std::string& url, common::Held held);
  /// The program lives, and may have it.
  void recover(const config::SocketSpec& spec, pid_t pid);

 private:
  struct Open {
    common::UniqueFd fd;
    std::optional<config::ListenSpec> place;  // none: as an earlier daemon opened it
  };
  void adapt(Open& open, const config::ListenSpec& place);

  common::Holder& holder_;
  std::function<void(common::Level, const std::string&)> report_;
  std::map<std::string, Open> open_;            // by URL
  std::map<std::string, std::string> missing_;  // by URL: where it listens; a program may have it
};

}  // namespace supervisord::process
