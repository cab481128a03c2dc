// Opening the sockets that programs accept on, and having one back from a program that lives.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/error.hpp"
#include "common/unique_fd.hpp"
#include "supervisord/config/process_spec.hpp"

namespace supervisord::process {

/// Bound, listening, and blocking, as programs expect an inherited socket. Errors: errno, with the
/// address.
common::Result<common::UniqueFd> listen_on(const config::ListenSpec& spec);

/// Before the descriptor is closed: the address is free at once, though the keeper, or a process
/// that nobody knows of, still has a duplicate.
void stop_listening(int fd);

/// Removes the file if it is a socket; "" is none.
void remove_socket_file(const std::string& path);

/// The process's descriptor of that number, if it is a listening socket. Needs ptrace's rights:
/// root, or the same user.
common::UniqueFd listening_socket_of(pid_t pid, int number);
/// The first of its listening sockets that is bound to this address, as common::bound_address says
/// it.
common::UniqueFd listening_socket_of(pid_t pid, const std::string& address);

}  // namespace supervisord::process
