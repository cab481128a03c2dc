// The keeper's side of the crash tests: keeps what a pump process sends, kills it, counts in which
// state it died, and starts the next one.
#pragma once

#include <sys/types.h>

#include <array>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "common/held.hpp"
#include "supervisord/log/logs.hpp"
#include "supervisord/log/pump_memory.hpp"

namespace supervisord::log {

/// How one pump process is to end.
struct Death {
  int after_us = 0;     // killed from outside; 0: not
  int one_step_in = 0;  // kills itself at one of so many marked steps; 0: not
  std::uint64_t seed = 0;
};

/// Sends each record through a socket, descriptors along. Used in the pump process.
class SocketHolder : public common::Holder {
 public:
  explicit SocketHolder(int socket) : socket_{socket} {}
  void put(std::string_view key, std::string_view bytes, std::span<const int> fds) override;
  void drop(std::string_view key) override;

 private:
  int socket_;
};

class CrashKeeper {
 public:
  explicit CrashKeeper(int pump_fd) : pump_fd_{pump_fd}, memory_{pump_fd} {}

  struct Kept {
    std::string bytes;
    std::vector<common::UniqueFd> fds;
  };
  std::map<std::string, Kept> records;
  std::vector<std::string> dropped;                          // keys, in order
  std::map<std::string, std::vector<std::string>> captured;  // by stream

  /// What a pump process has; it runs `attach` after take_over(), then the loop for ever.
  using Attach = std::function<void(Logs&)>;
  /// Runs one pump process to its death; with no death named, until `done`.
  void run(const Death& death, const Attach& attach, const std::function<bool()>& done);
  /// Forgets all descriptors, as if it had been killed too.
  void lose_descriptors();

  int deaths() const { return deaths_; }
  /// How many deaths were met in this state of the record.
  int deaths_in(RecordState state) const { return met_[static_cast<std::size_t>(state)]; }
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  pid_t start(const Death& death, const Attach& attach, int socket);
  void take_messages(int socket);
  bool take_message(int socket);

  int pump_fd_;
  PumpMemory memory_;
  int deaths_ = 0;
  std::array<int, 4> met_{};
  std::vector<std::string> complaints_;
};

}  // namespace supervisord::log
