// The parent of the workers: owns the listening sockets, forks, reaps, and answers signals, as
// plan.hpp says. Runs no application code. One thread; the GIL is held except around the wait.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "asgi-worker/arbiter/plan.hpp"
#include "asgi-worker/python/log.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::arbiter {

/// What the arbiter calls. All of it is called in the arbiter, but `run`, in the forked worker.
struct Hooks {
  /// The worker's life: its exit status. `arbiter` is the descriptor that it reports to.
  std::function<int(int arbiter)> run;
  /// HUP: reads the configuration again; how many workers there shall be.
  std::function<int()> reload;
  std::function<void()> reopen_logs;
  /// Every slot serves, for the first time.
  std::function<void()> ready;
};

class Arbiter {
 public:
  Arbiter(const Policy& policy, Hooks hooks, const python::Log& log);
  ~Arbiter();
  Arbiter(const Arbiter&) = delete;
  Arbiter& operator=(const Arbiter&) = delete;
  /// Until everything has stopped. The exit status: the arbiter's, and in a worker, which comes
  /// back from here too, the worker's.
  int run();
  bool is_worker() const { return is_worker_; }

 private:
  struct Child;
  void apply(const Actions& actions);
  void take(const Input& input);
  void fork_worker(int slot);
  void wait();
  void read_signals();
  void on_signal(int number);
  void read_words();
  void reap();

  Plan plan_;
  Hooks hooks_;
  const python::Log& log_;
  common::UniqueFd signals_;
  std::vector<Child> children_;
  std::optional<int> status_;
  bool is_worker_ = false;
  bool is_stopping_ = false;
};

}  // namespace asgi_worker::arbiter
