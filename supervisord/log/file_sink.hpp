// One open log: mostly a regular file with the offset that all its writers share, else whatever the
// path names (a pipe, a terminal, /dev/null). There is one of these for each file, however many
// streams end in it. It opens, holds, writes and rotates; when to do so is the pump's business.
// Owned by Logs, on the daemon's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "common/held.hpp"
#include "common/log.hpp"
#include "common/unique_fd.hpp"
#include "supervisord/log/open_target.hpp"
#include "supervisord/log/record.hpp"
#include "supervisord/log/target.hpp"

namespace supervisord::log {

using Report = std::function<void(common::Level, const std::string&)>;
/// Called at each marked step with its name; only tests set one.
using StepHook = std::function<void(std::string_view)>;

/// What a write or a splice moved; `error` is the errno when it ended short.
struct Transfer {
  std::size_t count = 0;
  int error = 0;
};

class FileSink;

/// Which of the open logs has which file. Owned by Logs.
class FilesInUse {
 public:
  FileSink* find(const FileId& id) const;
  /// `sink` has `file` now, and no longer `before`.
  void change(FileSink& sink, const OpenFile& before, const OpenFile& file);

 private:
  std::set<std::pair<FileId, FileSink*>> sinks_;
};

class FileSink {
 public:
  /// `holder`, `files` and what `report` needs outlive this.
  FileSink(Target target, common::Holder& holder, const Report& report, FilesInUse& files);
  ~FileSink();
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  const Target& target() const { return target_; }
  bool is_open() const { return static_cast<bool>(fd_); }
  bool regular() const { return file_.regular; }
  bool splices() const { return !file_.append; }
  FileId id() const { return file_.id; }
  /// The size that is full; 0: it grows for ever.
  std::uint64_t limit() const;
  /// Takes over what a later configuration says; the path stays.
  void configure(const Target& target);

  /// Opens what the path names now, in the place of what is open, and gives a regular file to the
  /// Holder. A failure is told once, and what is open stays.
  bool open();
  /// Takes the Holder's descriptor, of the last daemon.
  void adopt(common::UniqueFd fd);
  /// The Holder may forget the file.
  void drop();

  struct Place {
    std::uint64_t offset = 0;  // where the next byte would go
    std::uint64_t size = 0;
  };
  /// Of a regular file. None when the kernel does not tell any more.
  std::optional<Place> place();
  void seek(std::uint64_t offset);

  Transfer write(std::span<const char> bytes);
  Transfer splice_from(int pipe, std::size_t count);
  /// Whether what is no regular file takes bytes now, and moves some of `count` into it; what
  /// nobody reads any more (EPIPE; for write() too) is replaced by /dev/null until reopen().
  bool takes_now() const;
  /// How much may be written now without waiting.
  std::size_t room() const;
  Transfer move_to_stream(int pipe, std::size_t count);

  /// Rotates `old_file` away, as often as it takes: what an earlier call has done is left alone.
  void rotate(const FileId& old_file, const StepHook& at_step);
  /// Whether the path names another file than this one, or none.
  bool replaced() const;
  /// Deletes the file and starts it anew; truncates what cannot be deleted.
  common::Result<void> clear();

  /// Tell a trouble with writing once, and its end once.
  void tell_trouble(int error);
  void tell_no_trouble();

 private:
  void take(common::UniqueFd fd);
  void put(common::UniqueFd fd, const OpenFile& file);
  Transfer moved(ssize_t count);
  void discard_from_now();
  void postpone_rotation(const common::Error& error);

  Target target_;
  common::Holder* holder_;
  Report report_;
  FilesInUse* files_;
  common::UniqueFd fd_;
  OpenFile file_;
  std::optional<std::uint64_t> offset_;  // of a file that only we move; none: ask
  bool inherited_ = false;
  bool held_ = false;
  std::uint64_t postponed_limit_ = 0;
  int open_trouble_ = 0;
  int write_trouble_ = 0;
};

}  // namespace supervisord::log
