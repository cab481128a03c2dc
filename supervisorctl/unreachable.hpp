// When nobody answers: what a person needs to know at once. look_around() asks the machine,
// why_unreachable() makes the lines of it and is pure.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "supervisorctl/command.hpp"

namespace supervisorctl {

struct RunningDaemon {
  pid_t pid = 0;
  std::string command;  // as it was started, in one line
};

struct Circumstances {
  Failure::Kind kind = Failure::Kind::other;
  std::string reason;     // the errno's text
  std::string unix_path;  // "" for TCP
  std::string host;
  std::string port;
  AddressOrigin origin;

  // Of the Unix socket.
  bool folder_exists = false;
  bool exists = false;
  bool is_socket = false;
  std::string owner;  // "root:adm"
  std::string mode;   // "0700"
  std::string who;    // this user's name

  std::string pid_file;   // as configured; "" when that is not known
  pid_t pid_in_file = 0;  // 0: there is no such file, or no pid in it
  bool pid_runs = false;
  std::vector<RunningDaemon> running;  // each supervisord of this machine that we may see
};

Circumstances look_around(const ServerAddress& address, const Failure& failure,
                          const AddressOrigin& origin);

/// "supervisorctl: tried the Unix socket /run/s.sock: No such file or directory", then where that
/// address stands, what is there, which supervisord runs, and what to do.
std::vector<std::string> why_unreachable(const Circumstances& seen);

}  // namespace supervisorctl
