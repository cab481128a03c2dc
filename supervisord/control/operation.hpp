// Starts and stops that somebody waits for: each process's outcome as it settles, then the end of
// all. Owned by Operations, which the daemon tells of each change of state; on the daemon's loop.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "supervisord/control/control.hpp"
#include "supervisord/process/table.hpp"

namespace supervisord::control {

enum class Verb {
  start,
  stop,
  take_down,  // the first half of a restart: as stop, but a stop in progress is waited for
};

class Operations {
 public:
  Operations(process::Surroundings& surroundings, process::Table& table)
      : surroundings_{surroundings}, table_{table} {}

  ~Operations();
  Operations(const Operations&) = delete;
  Operations& operator=(const Operations&) = delete;

  /// Does `verb` to all of `processes` at once. The callbacks come from the loop, never from within
  /// this call, in order, and `done` last; none after the Interest is gone.
  InterestPtr run(Verb verb, const std::vector<process::Process*>& processes, Wait wait,
                  Progress progress, Done done);
  /// As the daemon is told of it; may come from within run().
  void on_change(const process::StateChange& change);
  /// Its processes will not change any more.
  void on_group_removed(std::string_view group);

 private:
  struct Operation;
  struct Listener;
  void begin(const std::shared_ptr<Operation>& operation, process::Process& process);
  void settle(Operation& operation, const Outcome& outcome);
  void finish_if_settled(const std::shared_ptr<Operation>& operation);
  void begin_start(Operation& operation, process::Process& process);
  void begin_stop(Operation& operation, process::Process& process);
  void tell_waiting(const std::shared_ptr<Operation>& operation);

  process::Surroundings& surroundings_;
  process::Table& table_;
  std::vector<std::shared_ptr<Operation>> operations_;
};

}  // namespace supervisord::control
