#include "supervisord/daemon_log.hpp"

#include <unistd.h>

#include <span>
#include <utility>
#include <vector>

#include "common/log.hpp"
#include "supervisord/log/syslog_sink.hpp"

namespace supervisord {

common::Result<void> DaemonLog::open(const config::DaemonSpec& spec) {
  std::vector<std::shared_ptr<common::LogOutput>> outputs;
  if (!spec.logfile.empty()) {
    if (auto opened = open_file(spec); !opened) return opened.error();
    outputs.push_back(main_log_);
  } else {
    main_log_.reset();
    file_.reset();
    holder_.drop("main-log");
  }
  if (spec.log_to_syslog)
    outputs.push_back(std::make_shared<log::SyslogLog>(log::SyslogSink{"supervisord"}));
  if (spec.nodaemon && !spec.silent)
    outputs.push_back(std::make_shared<common::FdOutput>(STDOUT_FILENO));
  common::set_up_log(static_cast<common::Level>(spec.loglevel), outputs);
  return {};
}

common::Result<void> DaemonLog::open_file(const config::DaemonSpec& spec) {
  const auto changed = [this, path = spec.logfile](int fd) {
    holder_.put("main-log", path, std::span{&fd, 1});
  };
  auto opened = log::MainLog::open(
      {log::Target::Kind::file, spec.logfile, spec.logfile_rotate_at_bytes, spec.logfile_backups},
      {.changed = changed, .written = written_});
  if (!opened) return opened.error();
  main_log_ = *std::move(opened);
  file_ = log::LogFile{spec.logfile, spec.logfile_backups};
  hold();
  return {};
}

common::Result<void> DaemonLog::reopen() {
  if (!main_log_) return {};
  auto opened = main_log_->reopen();
  hold();
  return opened;
}

void DaemonLog::hold() {
  if (const int fd = main_log_->fd(); fd >= 0)
    holder_.put("main-log", file_->path, std::span{&fd, 1});
}

}  // namespace supervisord
