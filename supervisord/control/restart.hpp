// Restarts: all of what is meant is stopped, then all of it is started, whether anybody listens or
// not. What has begun is with the keeper (record "restart:N"), so that a successor ends it. Owned
// by Verbs; on the daemon's loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "supervisord/control/control.hpp"
#include "supervisord/control/operation.hpp"
#include "supervisord/process/table.hpp"

namespace supervisord::control {

class Restarts {
 public:
  /// All outlive this.
  Restarts(Operations& operations, process::Surroundings& surroundings, process::Table& table,
           std::function<bool()> is_ending)
      : operations_{operations},
        surroundings_{surroundings},
        table_{table},
        is_ending_{std::move(is_ending)} {}

  /// `to_stop` and `to_start` are the same processes, each in its order.
  InterestPtr run(const std::vector<process::Process*>& to_stop,
                  const std::vector<process::Process*>& to_start, Wait wait,
                  Control::RestartProgress progress, Done done);
  /// Goes on with what an earlier daemon had begun. `number` and `bytes` are its record's.
  void resume(const std::string& number, std::string_view bytes);

 private:
  struct Restart;
  struct Listener;
  enum class Half { stopping, starting };
  void stop(const std::shared_ptr<Restart>& restart,
            const std::vector<process::Process*>& processes);
  void start(const std::shared_ptr<Restart>& restart);
  void remember(const Restart& restart, Half half);

  Operations& operations_;
  process::Surroundings& surroundings_;
  process::Table& table_;
  std::function<bool()> is_ending_;
  std::uint64_t next_number_ = 0;  // above those of earlier daemons
};

}  // namespace supervisord::control
