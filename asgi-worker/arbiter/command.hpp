// asgi-worker as a command, once an interpreter runs it: options, configuration, sockets, then the
// arbiter. GIL held.
#pragma once

#include <string>
#include <vector>

#include "asgi-worker/worker/state.hpp"

namespace asgi_worker::arbiter {

/// The exit status: 0 stopped, 1 failure, 2 usage, 3 the application cannot be started. Comes back
/// in each worker as well, with the worker's. `state` is the module's: its log is set up here.
int run_command(const std::vector<std::string>& arguments, worker::State& state);

/// serving.Settings for a server in the caller's process, as a command line's words say; the log of
/// `state` gets its level. Null with a ValueError set.
python::Ref settings_of(const std::vector<std::string>& words, worker::State& state);

}  // namespace asgi_worker::arbiter
