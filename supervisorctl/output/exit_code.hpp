// Exit statuses, as Supervisor returns them. Source: LSB 5.0, "Init Script Actions"; Supervisor
// manual.
#pragma once

namespace supervisorctl::exit_code {

inline constexpr int success = 0;
inline constexpr int generic = 1;
inline constexpr int usage =
    2;  // of the command line; also an unknown group at start, and start without names
inline constexpr int refused = 4;         // nobody listens at the address
inline constexpr int other_server = 5;    // it is Supervisor's own, or no supervisord
inline constexpr int not_running = 7;     // a program that is down, or no socket at the address
inline constexpr int status_stopped = 3;  // of `status`: some process is down
inline constexpr int status_unknown = 4;  // of `status`: a name that is not known, or no server

}  // namespace supervisorctl::exit_code
