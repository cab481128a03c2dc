// Where the daemon's own lines go, as [supervisord] says: the main log, syslog, standard output.
// The keeper holds the main log's descriptor, for its own lines while there is no daemon. Owned by
// the daemon, on its loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/error.hpp"
#include "common/held.hpp"
#include "supervisord/config/server_spec.hpp"
#include "supervisord/log/logs.hpp"
#include "supervisord/log/main_log.hpp"

namespace supervisord {

class DaemonLog {
 public:
  /// `written`: log::MainLogHandlers::written. `holder` outlives this.
  DaemonLog(common::Holder& holder, std::function<void()> written)
      : holder_{holder}, written_{std::move(written)} {}

  /// Sets common::log up. Errors: the log file cannot be opened; all stays as it was.
  common::Result<void> open(const config::DaemonSpec& spec);
  /// Errors: the file cannot be opened; the old one stays in use.
  common::Result<void> reopen();
  /// None where there is no main log.
  std::optional<log::LogFile> file() const { return file_; }

 private:
  common::Result<void> open_file(const config::DaemonSpec& spec);
  void hold();

  common::Holder& holder_;
  std::function<void()> written_;
  std::shared_ptr<log::MainLog> main_log_;
  std::optional<log::LogFile> file_;
};

}  // namespace supervisord
