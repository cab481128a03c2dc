// Where tapped output goes beside its log: to the main log at level debug, to syslog, and to
// whoever wires events and event listeners. Owned by the daemon, on its loop; called by Logs from
// within a look at a pipe, so nothing here calls Logs.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "supervisord/log/logs.hpp"
#include "supervisord/log/syslog_sink.hpp"
#include "supervisord/process/table.hpp"

namespace supervisord {

class OutputTaps {
 public:
  /// As LogHandlers::output.
  using Receiver =
      std::function<void(const std::string& stream, std::string_view bytes, std::uint64_t piece)>;

  /// `table` outlives this.
  explicit OutputTaps(const process::Table& table) : table_{table} {}

  /// All tapped output, and what is captured; also of streams whose process is not known yet. After
  /// a kill -9 the last piece comes again, unless what the receiver put with the keeper had been
  /// sent (`flush`).
  void set_receivers(Receiver output, Receiver captured);
  /// The main log has level debug or lower: output goes there too
  /// (process::Surroundings::output_is_logged).
  void set_debug(bool on) { debug_ = on; }

  /// Puts this behind `handlers`.
  void connect(log::LogHandlers& handlers);

 private:
  void on_output(const std::string& stream, std::string_view bytes, std::uint64_t piece) const;
  void on_captured(const std::string& stream, std::string_view data, std::uint64_t piece) const;

  const process::Table& table_;
  log::SyslogSink syslog_{"supervisord"};
  Receiver output_;
  Receiver captured_;
  bool debug_ = false;
};

}  // namespace supervisord
