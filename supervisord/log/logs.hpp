// The programs' output on its way to their log files, every line once, whatever is killed when: the
// log pump's face to the rest of the daemon. It does not know processes; a stream is a name.
// Owned by the daemon; everything here is called, and calls back, on the daemon's loop and thread.
// The process must ignore SIGPIPE and SIGXFSZ. Protocol: docs/protocols/log-pump.md.
//
//   Logs logs{io, holder, pump_fd, {.report = ..., .end_of_stream = ...}};
//   const RecoveredFrom met = logs.take_over(records);              // once, before all else
//   logs.attach("web:web_0/stdout", std::move(pipe.read_end), target);  // before each spawn
//   logs.drain("web:web_0/stdout");                                 // the program has exited
//   flow = *logs.follow({target.path, target.backups}, {}, 1024, on_chunk); flow->next();
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/held.hpp"
#include "common/log.hpp"
#include "common/unique_fd.hpp"
#include "supervisord/log/follow.hpp"
#include "supervisord/log/position.hpp"
#include "supervisord/log/record.hpp"
#include "supervisord/log/tail.hpp"
#include "supervisord/log/taps.hpp"
#include "supervisord/log/target.hpp"

namespace supervisord::log {

struct LogHandlers {
  /// A line for the daemon's own log.
  std::function<void(common::Level, const std::string&)> report;
  /// One pipe of the stream has been read to its end: the program and all that inherited its
  /// output are gone. Comes once for each attach(), never from within it.
  std::function<void(const std::string& stream)> end_of_stream;
  // Those that follow are called from within a look at a pipe, so they call nothing of Logs. After
  // a kill -9 the last piece is told again, unless flush() had returned.
  /// The output of a stream with Taps::output, piece by piece: without escape sequences where
  /// strip_ansi, without the tokens around what is captured; a dialogue as it came from the pipe.
  /// `piece` is random; a piece that a kill makes come again has the same one.
  std::function<void(const std::string& stream, std::string_view bytes, std::uint64_t piece)>
      output = {};
  /// What stood between the tokens of PROCESS_COMMUNICATION, at most capture_max_bytes of it (the
  /// last ones). Source: Supervisor manual, "stdout_capture_maxbytes".
  std::function<void(const std::string& stream, std::string_view data, std::uint64_t piece)>
      captured = {};
  /// What output and captured have given to the Holder is with it when this returns.
  std::function<void()> flush = {};
  /// A line for syslog, with its name. False when syslog does not take it now: it comes again, and
  /// the stream waits.
  std::function<bool(const std::string& line)> syslog = {};
};

/// The pump's record as a successor met it; `state` is idle on a fresh start.
struct RecoveredFrom {
  RecordState state = RecordState::idle;
  std::string stream;  // whose piece was in hand; "" when idle
};

class Logs {
 public:
  /// `pump_fd`: a file or memfd of record_bytes + buffer_bytes at least (grown if need be), the
  /// same one in each daemon; it may be closed afterwards. Throws std::system_error when it cannot
  /// be mapped. `io` and `holder` outlive this.
  /// `at_step` is for tests: it hears the name of each step that a kill may cut.
  Logs(boost::asio::io_context& io, common::Holder& holder, int pump_fd, LogHandlers handlers,
       std::function<void(std::string_view)> at_step = {});
  ~Logs();
  Logs(const Logs&) = delete;
  Logs& operator=(const Logs&) = delete;

  /// Takes the records with our keys ("stream:", "log:") out of `records`, finishes what the last
  /// daemon had in hand, and goes on with all streams. One info line "log pump recovered: WRITING"
  /// unless there was nothing in hand.
  RecoveredFrom take_over(std::vector<common::Held>& records);

  /// A new run's pipe. It and its log file are with the Holder when this returns, and nothing has
  /// been written before. Pipes of earlier runs are read to their ends on their own. A log file
  /// that cannot be opened is one CRIT line; the output then waits in the pipe until reopen_all()
  /// or the next attach() to it.
  void attach(const std::string& stream, common::UniqueFd read_end, const Target& target,
              const Taps& taps = {});
  /// After keeper and daemon were killed together: the reopened pipe of a stream whose record came
  /// without its descriptor. False when there is no such record (the newest is meant).
  bool attach_recovered(const std::string& stream, common::UniqueFd read_end);
  /// Streams whose records came without a descriptor and that wait for attach_recovered() or
  /// forget().
  std::vector<std::string> waiting_for_pipe() const;

  /// Moves what is in the stream's pipes now.
  void drain(const std::string& stream);
  /// The process is no more: drains, then drops all pipes of the stream; no end_of_stream comes.
  void forget(const std::string& stream);

  /// Creates the target's file if it is not there, as Supervisor does for AUTO logs when a group
  /// is added.
  common::Result<void> create(const Target& target);
  /// SIGUSR2: closes and opens every log file by its name.
  void reopen_all();
  /// Deletes the log and starts it anew (truncates it where it cannot be deleted). Errors: missing
  /// (no such file), errno.
  common::Result<void> clear(const std::string& path);

  /// `length` bytes (0: all) from `offset`; a negative offset, with length 0, means the last
  /// -offset bytes. Errors: Errc::bad_value (bad arguments), Errc::missing (no log file), errno.
  common::Result<LogChunk> read(const LogFile& log, std::int64_t offset,
                                std::uint64_t length) const;
  /// From `from`, else from the last `last_bytes`. The Follow must not outlive this. Errors:
  /// Errc::missing (no log file).
  common::Result<std::unique_ptr<Follow>> follow(const LogFile& log,
                                                 std::optional<LogPosition> from,
                                                 std::uint64_t last_bytes,
                                                 std::function<void(SharedChunk)> chunk);
  /// Somebody else has written to a log that may be followed: the daemon to its own.
  void written(const std::string& path);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace supervisord::log
