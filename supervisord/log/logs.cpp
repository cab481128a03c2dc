#include "supervisord/log/logs.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>

#include "supervisord/log/logs_impl.hpp"
#include "supervisord/log/readable.hpp"

namespace supervisord::log {
namespace {

Target effective(const Target& target) {
  if (target.kind == Target::Kind::file) return target;
  return Target{Target::Kind::file, "/dev/null", 0, 0, false};
}

}  // namespace

// ---- taking over ----

RecoveredFrom Logs::Impl::take_over(std::vector<common::Held>& records) {
  for (auto& held : records) {
    if (held.key.starts_with(log_prefix)) take_over_log(held);
  }
  for (auto& held : records) {
    if (held.key.starts_with(stream_prefix)) take_over_stream(held);
  }
  std::erase_if(records, [](const common::Held& held) {
    return held.key.starts_with(log_prefix) || held.key.starts_with(stream_prefix);
  });

  RecoveredFrom met{pump_.piece().state, {}};
  if (met.state != RecordState::idle) {
    const Source* const source = find(pump_.piece().stream);
    if (source != nullptr) met.stream = source->record.stream;
    handlers_.report(common::Level::info,
                     "log pump recovered: " + std::string{record_state_name(met.state)});
    recover_piece();
  }
  for (const auto& [id, source] : sources_) {
    if (source->fd) watch(*source);
  }
  std::vector<Log*> all;
  for (const auto& [path, log] : logs_) all.push_back(log.get());
  for (Log* const log : all) release_if_unused(*log);
  return met;
}

void Logs::Impl::take_over_log(common::Held& held) {
  auto record = decode_log(held.bytes);
  if (held.fds.empty()) return;  // opened by its path, for the stream that names it
  const std::string path = record ? record->path : held.key.substr(log_prefix.size());
  auto& log = logs_[path];
  log = std::make_unique<Log>(io_, Target{Target::Kind::file, path}, holder_, handlers_.report,
                              files_);
  log->sink.adopt(std::move(held.fds.front()));
}

void Logs::Impl::take_over_stream(common::Held& held) {
  auto record = decode_stream(held.bytes);
  if (!record) {
    handlers_.report(common::Level::error,
                     "record of '" + held.key + "' cannot be read; its output is not logged");
    holder_.drop(held.key);
    return;
  }
  next_id_ = std::max(next_id_, record->id + 1);
  Source& kept = add(std::move(*record));
  if (!held.fds.empty()) begin(kept, std::move(held.fds.front()));
}

void Logs::Impl::recover_piece() {
  Source* const source = find(pump_.piece().stream);
  if (source != nullptr) {
    pump_.recover_piece(&source->log->sink, source->pipe.filter);
  } else {
    pump_.recover_piece(nullptr);
  }
  tell_surprise(source != nullptr ? source->record.stream : "?");
  if (source == nullptr || !pump_.has_piece()) return;
  if (source->pipe.filter == nullptr) return retry_later(*source->log);
  // From the loop, when those that hear it are there; at its first turn, since others wait for it.
  asio::post(io_, guarded([this, id = source->record.id] {
               if (Source* const found = find(id)) retry(*found->log);
             }));
}

bool Logs::Impl::attach_recovered(const std::string& stream, common::UniqueFd read_end) {
  Source* newest = nullptr;
  for (Source* const source : sources_of(stream)) {
    if (!source->fd && !source->ending) newest = source;
  }
  if (newest == nullptr) return false;
  begin(*newest, std::move(read_end));
  put(*newest);
  watch(*newest);
  return true;
}

std::vector<std::string> Logs::Impl::waiting_for_pipe() const {
  std::vector<std::string> names;
  for (const auto& [id, source] : sources_) {
    if (!source->fd && !source->ending) names.push_back(source->record.stream);
  }
  return names;
}

// ---- sources and logs ----

void Logs::Impl::attach(const std::string& stream, common::UniqueFd read_end, const Target& target,
                        const Taps& taps) {
  Source& source = add({stream, next_id_++, target, taps, {}, {}});
  begin(source, std::move(read_end));
  put(source);
  watch(source);
}

Source& Logs::Impl::add(StreamRecord record) {
  auto made = std::make_unique<Source>(io_, std::move(record));
  Source& source = *made;
  streams_.emplace(source.record.stream, source.record.id);
  sources_[source.record.id] = std::move(made);
  source.log = &log_for(effective(source.record.target));
  ++source.log->sources;
  source.pipe.id = source.record.id;
  if (source.record.taps.any()) {
    source.tapped.emplace(source.record, handlers_, [this, &source] {
      if (!source.ending) put(source);  // else its record goes next, and has a descriptor till then
    });
    source.pipe.filter = &*source.tapped;
  }
  return source;
}

// By its path, else by what the path names: one open file description for each file.
Log& Logs::Impl::log_for(const Target& target) {
  Log* log = log_of_path(target.path);
  if (log == nullptr) {
    const auto id = file_id_of(target.path);
    const FileSink* const same = id ? files_.find(*id) : nullptr;
    if (same != nullptr) log = log_of_path(same->target().path);
  }
  if (log == nullptr) {
    auto made = std::make_unique<Log>(io_, target, holder_, handlers_.report, files_);
    log = (logs_[target.path] = std::move(made)).get();
  }
  log->sink.configure(target);
  if (!log->sink.is_open()) {
    if (log->sink.open()) retry_later(*log);
  } else if (log->sink.regular() && log->sink.replaced()) {
    reopen(*log);  // a new run writes to the file of that name, not to one that was moved away or
                   // deleted
  }
  return *log;
}

Log* Logs::Impl::log_of_path(const std::string& path) {
  const auto entry = logs_.find(path);
  return entry != logs_.end() ? entry->second.get() : nullptr;
}

// Oldest first.
std::vector<Source*> Logs::Impl::sources_of(const std::string& stream) {
  std::vector<Source*> found;
  for (auto entry = streams_.lower_bound({stream, 0});
       entry != streams_.end() && entry->first == stream; ++entry) {
    found.push_back(find(entry->second));
  }
  return found;
}

Source* Logs::Impl::find(std::uint32_t id) {
  const auto entry = sources_.find(id);
  return entry != sources_.end() ? entry->second.get() : nullptr;
}

void Logs::Impl::put(const Source& source) {
  const int fd = source.fd.get();
  holder_.put(stream_key(source.record.stream, source.record.id), encode(source.record),
              std::span{&fd, source.fd ? 1U : 0U});
}

void Logs::Impl::begin(Source& source, common::UniqueFd read_end) {
  source.fd = std::move(read_end);
  source.pipe.fd = source.fd.get();
  pump_.add(source.pipe);
}

void Logs::Impl::end(Source& source) {
  if (source.watched.is_open()) source.watched.release();
  if (source.fd) pump_.remove(source.pipe);
  source.fd.reset();
  source.place = Place::parked;
  source.ending = true;
  // A successor finds the log of a piece in hand by this record.
  if (pump_.has_piece() && pump_.piece().stream == source.record.id) return;
  erase(source.record.id);
}

void Logs::Impl::erase(std::uint32_t id) {
  const auto entry = sources_.find(id);
  const Source& source = *entry->second;
  holder_.drop(stream_key(source.record.stream, id));
  if (source.told) {
    asio::post(io_,
               guarded([this, stream = source.record.stream] { handlers_.end_of_stream(stream); }));
  }
  Log& log = *source.log;
  --log.sources;
  streams_.erase({source.record.stream, id});
  sources_.erase(entry);
  release_if_unused(log);
}

void Logs::Impl::forget(const std::string& stream) {
  drain(stream);
  for (Source* const source : sources_of(stream)) {
    source->told = false;
    if (source->tapped) pump_.finish_filter(source->pipe, source->log->sink);
    end(*source);
  }
}

void Logs::Impl::release_if_unused(Log& log) {
  if (log.sources > 0 || pump_.has_piece_for(log.sink)) return;
  log.sink.drop();
  logs_.erase(logs_.find(log.sink.target().path));
}

// ---- the files ----

void Logs::Impl::reopen_all() {
  for (const auto& [path, log] : logs_) {
    if (!log->sink.is_open() || log->sink.replaced()) reopen(*log);
  }
}

void Logs::Impl::reopen(Log& log) {
  pump_.replace_file(log.sink, [&log] { log.sink.open(); });
  wake_followers(log);
  if (log.sink.is_open()) retry_later(log);
}

common::Result<void> Logs::Impl::clear(const std::string& path) {
  Log* const log = log_of_path(path);
  if (log == nullptr) {
    if (::truncate(path.c_str(), 0) == 0) return {};
    if (errno == ENOENT) return common::Error{common::Errc::missing, path + ": no log file"};
    return common::system_error(path, errno);
  }
  common::Result<void> result;
  pump_.replace_file(log->sink, [&] { result = log->sink.clear(); });
  wake_followers(*log);
  return result;
}

common::Result<std::unique_ptr<Follow>> Logs::Impl::follow(const LogFile& log,
                                                           std::optional<LogPosition> from,
                                                           std::uint64_t last_bytes,
                                                           std::function<void(SharedChunk)> chunk) {
  auto cursor = Cursor::open(reads_, log, from, last_bytes);
  if (!cursor) return cursor.error();
  auto follower =
      std::make_unique<Follower>(turns_, std::move(*cursor), std::move(chunk),
                                 [this](Follower& gone) { std::erase(followers_, &gone); });
  followers_.push_back(follower.get());
  return std::unique_ptr<Follow>{std::move(follower)};
}

void Logs::Impl::written(const std::string& path) {
  for (Follower* const follower : followers_) {
    if (follower->cursor().path() == path) follower->wake();
  }
}

bool Logs::Impl::follows(const Follower& follower, const Log& log) {
  const Cursor& cursor = follower.cursor();
  return cursor.path() == log.sink.target().path || cursor.file_id() == mixed(log.sink.id());
}

bool Logs::Impl::is_followed(const Log& log) const {
  return std::any_of(followers_.begin(), followers_.end(),
                     [&log](const Follower* follower) { return follows(*follower, log); });
}

void Logs::Impl::wake_followers(const Log& log) {
  for (Follower* const follower : followers_) {
    if (follows(*follower, log)) follower->wake();
  }
}

void Logs::Impl::tell_surprise(const std::string& stream) {
  switch (pump_.take_surprise()) {
    case Surprise::none: return;
    case Surprise::part_lost:
      return handlers_.report(common::Level::error, "output lost: " + stream + " (up to 1 MiB)");
    case Surprise::foreign_write:
      return handlers_.report(common::Level::warn, "log was written by somebody else: " + stream +
                                                       " (the piece in hand may be there twice)");
  }
}

// ---- the face ----

Logs::Logs(asio::io_context& io, common::Holder& holder, int pump_fd, LogHandlers handlers,
           std::function<void(std::string_view)> at_step)
    : impl_{std::make_unique<Impl>(io, holder, pump_fd, std::move(handlers), std::move(at_step))} {}
Logs::~Logs() = default;

RecoveredFrom Logs::take_over(std::vector<common::Held>& records) {
  return impl_->take_over(records);
}
void Logs::attach(const std::string& stream, common::UniqueFd read_end, const Target& target,
                  const Taps& taps) {
  impl_->attach(stream, std::move(read_end), target, taps);
}
bool Logs::attach_recovered(const std::string& stream, common::UniqueFd read_end) {
  return impl_->attach_recovered(stream, std::move(read_end));
}
std::vector<std::string> Logs::waiting_for_pipe() const { return impl_->waiting_for_pipe(); }
void Logs::drain(const std::string& stream) { impl_->drain(stream); }
void Logs::forget(const std::string& stream) { impl_->forget(stream); }
void Logs::reopen_all() { impl_->reopen_all(); }
common::Result<void> Logs::clear(const std::string& path) { return impl_->clear(path); }
void Logs::written(const std::string& path) { impl_->written(path); }

common::Result<void> Logs::create(const Target& target) {
  if (target.kind == Target::Kind::discard) return {};
  const auto opened = open_target(target);
  if (!opened) return opened.error();
  return {};
}

common::Result<LogChunk> Logs::read(const LogFile& log, std::int64_t offset,
                                    std::uint64_t length) const {
  return read_log(log.path, offset, length);
}

common::Result<std::unique_ptr<Follow>> Logs::follow(const LogFile& log,
                                                     std::optional<LogPosition> from,
                                                     std::uint64_t last_bytes,
                                                     std::function<void(SharedChunk)> chunk) {
  return impl_->follow(log, from, last_bytes, std::move(chunk));
}

}  // namespace supervisord::log
