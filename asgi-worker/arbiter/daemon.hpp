// --daemon: the process that the shell started goes when its grandchild is up, with that one's
// success or failure; until then messages still reach the terminal.
#pragma once

#include "common/error.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::arbiter {

class Daemon {
 public:
  /// Comes back in the grandchild only, in a session of its own. GIL held; before any thread.
  static common::Result<Daemon> begin();
  enum class Stdio { keep, close };
  /// It is up.
  void finish(Stdio stdio);

 private:
  explicit Daemon(common::UniqueFd waiting) : waiting_{std::move(waiting)} {}
  common::UniqueFd waiting_;  // closed without a byte: it has failed
};

}  // namespace asgi_worker::arbiter
