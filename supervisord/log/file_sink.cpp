#include "supervisord/log/file_sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "supervisord/log/held_records.hpp"
#include "supervisord/log/rotation.hpp"

namespace supervisord::log {
namespace {

/// "(ENOSPC, No space left on device)"
std::string errno_text(int error) {
  return "(" + common::errno_name(error) + ", " + std::generic_category().message(error) + ")";
}

constexpr std::size_t page = 4096;

// For the few devices that splice refuses. What a kill interrupts here is lost.
Transfer copy(int from, int to, std::size_t count) {
  std::array<char, page> bytes;
  const ssize_t got = ::read(from, bytes.data(), std::min(count, bytes.size()));
  if (got <= 0) return {0, got < 0 ? errno : EAGAIN};
  const ssize_t put = ::write(to, bytes.data(), static_cast<std::size_t>(got));
  return {static_cast<std::size_t>(got), put == got ? 0 : EIO};
}

}  // namespace

FileSink* FilesInUse::find(const FileId& id) const {
  const auto entry = sinks_.lower_bound({id, nullptr});
  return entry != sinks_.end() && entry->first == id ? entry->second : nullptr;
}

void FilesInUse::change(FileSink& sink, const OpenFile& before, const OpenFile& file) {
  sinks_.erase({before.id, &sink});
  if (file.regular) sinks_.emplace(file.id, &sink);
}

FileSink::FileSink(Target target, common::Holder& holder, const Report& report, FilesInUse& files)
    : target_{std::move(target)},
      holder_{&holder},
      report_{report},
      files_{&files},
      inherited_{inherited_descriptor(target_.path).has_value()} {}

FileSink::~FileSink() { files_->change(*this, file_, {}); }

std::uint64_t FileSink::limit() const {
  if (!file_.regular || inherited_ || target_.rotate_at_bytes == 0) return 0;
  return std::max(target_.rotate_at_bytes, postponed_limit_);
}

void FileSink::configure(const Target& target) {
  std::string path = std::move(target_.path);
  target_ = target;
  target_.path = std::move(path);
}

bool FileSink::open() {
  auto opened = open_target(target_);
  if (!opened) {
    const int error = opened.error().code.value();
    if (error != open_trouble_) {
      const char* const then =
          fd_ ? "; output goes on in the old file" : "; output waits until reopen";
      report_(common::Level::critical,
              "cannot open log: '" + target_.path + "' " + errno_text(error) + then);
    }
    open_trouble_ = error;
    return false;
  }
  open_trouble_ = 0;
  take(std::move(*opened));
  return true;
}

void FileSink::adopt(common::UniqueFd fd) {
  held_ = true;
  const auto file = look_at(fd.get()).value_or(OpenFile{});
  put(std::move(fd), file);
}

void FileSink::put(common::UniqueFd fd, const OpenFile& file) {
  files_->change(*this, file_, file);
  offset_.reset();
  file_ = file;
  fd_ = std::move(fd);
}

// The Holder has the new description before the old one is let go, and before its first byte.
void FileSink::take(common::UniqueFd fd) {
  const auto file = look_at(fd.get()).value_or(OpenFile{});
  if (fd_ && file.id == file_.id && !inherited_) return;  // a second description of the same file
  if (file.regular && !inherited_) {
    const std::array<int, 1> fds{fd.get()};
    holder_->put(log_key(target_.path), encode(LogRecord{target_.path, file.id}), fds);
    held_ = true;
  } else {
    drop();
  }
  put(std::move(fd), file);
  postponed_limit_ = 0;
}

void FileSink::drop() {
  if (held_) holder_->drop(log_key(target_.path));
  held_ = false;
}

std::optional<FileSink::Place> FileSink::place() {
  struct stat info;
  if (::fstat(fd_.get(), &info) != 0) return std::nullopt;
  if (!offset_ || inherited_) {  // an inherited description is moved by all that have it
    const off_t offset = ::lseek(fd_.get(), 0, SEEK_CUR);
    if (offset < 0) return std::nullopt;
    offset_ = static_cast<std::uint64_t>(offset);
  }
  return Place{*offset_, static_cast<std::uint64_t>(info.st_size)};
}

void FileSink::seek(std::uint64_t offset) {
  ::lseek(fd_.get(), static_cast<off_t>(offset), SEEK_SET);
  offset_.reset();
}

// What a write or a splice into our file has answered.
Transfer FileSink::moved(ssize_t count) {
  if (count < 0) {
    offset_.reset();
    return {0, errno};
  }
  if (offset_) *offset_ += static_cast<std::uint64_t>(count);
  return {static_cast<std::size_t>(count), 0};
}

Transfer FileSink::write(std::span<const char> bytes) {
  const ssize_t count = ::write(fd_.get(), bytes.data(), bytes.size());
  if (count < 0 && errno == EPIPE && !file_.regular) {
    discard_from_now();
    return {bytes.size(), 0};
  }
  return moved(count);
}

Transfer FileSink::splice_from(int pipe, std::size_t count) {
  return moved(::splice(pipe, nullptr, fd_.get(), nullptr, count, SPLICE_F_NONBLOCK));
}

bool FileSink::takes_now() const {
  pollfd poll_for{fd_.get(), POLLOUT, 0};
  return ::poll(&poll_for, 1, 0) > 0;  // an error counts: the write will name it
}

// What is no file takes a page when it takes anything: a pipe for certain, others mostly.
std::size_t FileSink::room() const {
  constexpr std::size_t any = 1U << 30;
  if (file_.regular || file_.is_null) return any;
  return takes_now() ? page : 0;
}

Transfer FileSink::move_to_stream(int pipe, std::size_t count) {
  // A socket or terminal of somebody else's may wait where a pipe does not: no more than fits.
  const bool never_waits = file_.pipe || (::fcntl(fd_.get(), F_GETFL) & O_NONBLOCK) != 0;
  if (!never_waits) count = std::min(count, page);
  Transfer moved = splice_from(pipe, count);
  if (moved.error == EINVAL) moved = copy(pipe, fd_.get(), std::min(count, page));
  if (moved.error == EPIPE) discard_from_now();
  return moved;
}

void FileSink::discard_from_now() {
  report_(common::Level::critical,
          "nobody reads log: '" + target_.path + "'; output is discarded until reopen");
  const Target nowhere{Target::Kind::file, "/dev/null", 0, 0, false};
  auto opened = open_target(nowhere);
  if (!opened) return;
  const auto file = look_at(opened->get()).value_or(OpenFile{});
  put(std::move(*opened), file);
}

void FileSink::rotate(const FileId& old_file, const StepHook& at_step) {
  const auto step = [&at_step](std::string_view name) {
    if (at_step) at_step(name);
  };
  if (target_.backups == 0) {
    step("rotate: before truncation");
    if (::ftruncate(fd_.get(), 0) != 0) {
      return postpone_rotation(common::system_error(target_.path, errno));
    }
    step("rotate: truncated");
    seek(0);
    return;
  }
  if (file_id_of(target_.path) == old_file) {
    const auto renamed =
        run_rotation(target_.path, target_.backups, [&] { step("rotate: before rename"); });
    if (!renamed) return postpone_rotation(renamed.error());
  }
  step("rotate: renamed");
  auto opened = open_target(target_);
  if (!opened) return postpone_rotation(opened.error());
  step("rotate: opened");
  take(std::move(*opened));
  step("rotate: held");
}

// Better a long log than a lost one: it goes on in the present file for another full size.
void FileSink::postpone_rotation(const common::Error& error) {
  report_(common::Level::error,
          "cannot rotate log: '" + target_.path + "' " + errno_text(error.code.value()));
  const auto now = place();
  postponed_limit_ = (now ? now->offset : 0) + target_.rotate_at_bytes;
}

bool FileSink::replaced() const { return file_id_of(target_.path) != file_.id; }

common::Result<void> FileSink::clear() {
  if (inherited_ || (fd_ && !file_.regular)) {
    return common::Error{common::Errc::unsupported, target_.path + " is no file"};
  }
  if (::unlink(target_.path.c_str()) == 0) {
    if (!open()) return common::Error{{open_trouble_, std::generic_category()}, target_.path};
    return {};
  }
  const int error = errno;
  if (error == ENOENT) return common::Error{common::Errc::missing, target_.path};
  if (::ftruncate(fd_.get(), 0) != 0) return common::system_error(target_.path, error);
  seek(0);
  return {};
}

void FileSink::tell_trouble(int error) {
  if (error == write_trouble_) return;
  write_trouble_ = error;
  report_(common::Level::critical,
          "cannot write log: '" + target_.path + "' " + errno_text(error) + "; output waits");
}

void FileSink::tell_no_trouble() {
  if (write_trouble_ == 0) return;
  write_trouble_ = 0;
  report_(common::Level::info, "log is written again: '" + target_.path + "'");
}

}  // namespace supervisord::log
