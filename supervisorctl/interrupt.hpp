// Ctrl-C that ends what a command waits for, and not the program. The handler only writes to a
// pipe; a thread of its own, which lives as long as the object, does what was asked for.
#pragma once

#include <signal.h>

#include <functional>
#include <thread>

#include "common/unique_fd.hpp"

namespace supervisorctl {

/// While it lives, SIGINT calls `act`, on another thread. One within another changes nothing: the
/// outer one goes on.
class OnInterrupt {
 public:
  explicit OnInterrupt(std::function<void()> act);
  ~OnInterrupt();
  OnInterrupt(const OnInterrupt&) = delete;
  OnInterrupt& operator=(const OnInterrupt&) = delete;

 private:
  void wait();

  std::function<void()> act_;
  common::UniqueFd asked_;  // the pipe's end to read
  common::UniqueFd ask_;    // and to write: a byte 'i' for the signal, 'e' for the end
  struct sigaction before_ {};
  std::thread thread_;
};

}  // namespace supervisorctl
