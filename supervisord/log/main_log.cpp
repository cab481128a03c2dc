#include "supervisord/log/main_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "supervisord/log/open_target.hpp"
#include "supervisord/log/rotation.hpp"

namespace supervisord::log {

common::Result<std::shared_ptr<MainLog>> MainLog::open(const Target& target,
                                                       MainLogHandlers handlers) {
  std::shared_ptr<MainLog> log{new MainLog{target, std::move(handlers)}};
  const auto opened = log->open_now();
  if (!opened) return opened.error();
  return log;
}

common::Result<void> MainLog::open_now() {
  auto opened = open_target(target_);
  if (!opened) return opened.error();
  if (!inherited_descriptor(target_.path)) {
    // The keeper writes to it as well, while there is no daemon.
    ::fcntl(opened->get(), F_SETFL, O_APPEND);
  }
  fd_ = std::move(*opened);
  full_at_ = is_file() ? target_.rotate_at_bytes : 0;
  return {};
}

bool MainLog::is_file() const {
  const auto file = look_at(fd_.get());
  return file && file->regular && !inherited_descriptor(target_.path);
}

void MainLog::write(std::string_view line) {
  const std::lock_guard lock{mutex_};
  common::FdOutput{fd_.get()}.write(line);
  rotate_if_due();
  if (handlers_.written) handlers_.written();
}

void MainLog::rotate_if_due() {
  if (full_at_ == 0) return;
  const auto file = look_at(fd_.get());
  if (!file || file->size < full_at_) return;
  if (target_.backups == 0) {
    (void)::ftruncate(fd_.get(), 0);
    return;
  }
  const bool ours = file_id_of(target_.path) == file->id;
  const bool renamed = !ours || run_rotation(target_.path, target_.backups);
  if (!renamed || !open_now()) {
    full_at_ = file->size + target_.rotate_at_bytes;  // nowhere to tell it; a long log keeps all
    return;
  }
  if (handlers_.changed) handlers_.changed(fd_.get());
}

common::Result<void> MainLog::reopen() {
  const std::lock_guard lock{mutex_};
  if (inherited_descriptor(target_.path)) return {};
  const auto opened = open_now();
  if (opened && handlers_.changed) handlers_.changed(fd_.get());
  return opened;
}

common::Result<void> MainLog::clear() {
  const std::lock_guard lock{mutex_};
  if (!is_file()) return common::Error{common::Errc::missing, target_.path + ": no log file"};
  if (::unlink(target_.path.c_str()) != 0) {
    const int error = errno;
    if (error == ENOENT)
      return common::Error{common::Errc::missing, target_.path + ": no log file"};
    if (::ftruncate(fd_.get(), 0) != 0) return common::system_error(target_.path, error);
    return {};
  }
  const auto opened = open_now();
  if (opened && handlers_.changed) handlers_.changed(fd_.get());
  return opened;
}

}  // namespace supervisord::log
