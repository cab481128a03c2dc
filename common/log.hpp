// A program's own log: Supervisor's levels and line format over spdlog. Lines go to the outputs
// that the program hands in; spdlog's own calls (spdlog::info and the like) come out the same way.
// Set up once in main; calls come from any thread, one line at a time reaches the outputs.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace common {

/// Supervisor's levels; `blather` and `trace` lie below `debug`.
enum class Level { critical, error, warn, info, debug, trace, blather };

/// "CRIT", "ERRO", "WARN", "INFO", "DEBG", "TRAC", "BLAT".
std::string_view level_word(Level level);

/// "2026-11-23 07:12:00,123 INFO message\n", local time.
std::string log_line(std::chrono::system_clock::time_point at, Level level,
                     std::string_view message);

/// Where lines go. Calls never overlap.
class LogOutput {
 public:
  virtual ~LogOutput() = default;
  /// A whole line with its newline. Must not log.
  virtual void write(std::string_view line) = 0;
};

/// Writes to a descriptor that it does not own (a copy of the log on the terminal); what the
/// descriptor does not take is lost.
class FdOutput : public LogOutput {
 public:
  explicit FdOutput(int fd) : fd_{fd} {}
  void write(std::string_view line) override;

 private:
  int fd_;
};

/// From now on lines of `threshold` and above go to `outputs`. Before the first call they go where
/// spdlog sends them (standard output).
void set_up_log(Level threshold, std::vector<std::shared_ptr<LogOutput>> outputs);

void log(Level level, std::string_view message);

}  // namespace common
