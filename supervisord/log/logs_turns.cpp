// When which pipe is looked at: the reactor, the common tick, at once, or when its log takes output
// again.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "supervisord/log/logs_impl.hpp"

namespace supervisord::log {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds last_retry = 320ms;
constexpr int turns_of_a_drain = 64;  // a grandchild may go on writing for ever

}  // namespace

Turn Logs::Impl::turn(Source& source) {
  source.pipe.has_log_alone = source.log->sources == 1;
  const Turn result = pump_.turn(source.pipe, source.log->sink);
  if (result != Turn::idle) wake_followers(*source.log);
  return result;
}

void Logs::Impl::run(Source& source) {
  const Clock::time_point now = Clock::now();
  const Clock::duration since = now - std::exchange(source.looked, now);
  switch (turn(source)) {
    case Turn::idle: return watch(source);
    // A tick would be the time that each answer of a dialogue takes.
    case Turn::some:
      if (source.record.taps.is_dialogue) return watch(source);
      return look_later(source, since);
    case Turn::full: return queue(source);
    case Turn::blocked: return block(source);
    case Turn::ended: return end(source);
  }
}

// By the tick, unless the pipe will be half full before, if its writer goes on as since the last
// look. A tick comes after two intervals at most.
void Logs::Impl::look_later(Source& source, Clock::duration since) {
  PumpPipe& pipe = source.pipe;
  Tick& tick = is_followed(*source.log) ? followed_ : slow_;
  const double share = static_cast<double>(pipe.waiting) / static_cast<double>(pipe.capacity);
  const auto half_full = std::chrono::duration<double>(since) * 0.5 / share;
  if (half_full > 2 * slow_.interval) source.fast_looks = 0;
  if (half_full > 2 * tick.interval) return tick_later(tick, source);
  if (share >= 0.125 && ++source.fast_looks > 2) pump_.grow(pipe);
  fill(source, std::chrono::duration_cast<Clock::duration>(half_full));
}

void Logs::Impl::fill(Source& source, Clock::duration wait) {
  source.place = Place::filling;
  source.half_full.expires_after(std::max<Clock::duration>(wait, shortest_wait));
  source.half_full.async_wait(
      guarded([this, id = source.record.id](const boost::system::error_code& ec) {
        Source* const found = find(id);
        if (!ec && found != nullptr && found->place == Place::filling) run(*found);
      }));
}

// In the reactor only while there is nothing: a pipe that stays in it wakes us for each write.
void Logs::Impl::watch(Source& source) {
  source.place = Place::watching;
  boost::system::error_code error;
  source.watched.assign(source.fd.get(), error);
  if (error) return tick_later(slow_, source);  // out of memory or watches: slower, but it goes on
  source.watched.async_wait(
      asio::posix::stream_descriptor::wait_read,
      guarded([this, id = source.record.id](const boost::system::error_code& ec) {
        Source* const found = find(id);
        if (ec == asio::error::operation_aborted || found == nullptr) return;
        if (found->place != Place::watching) return;
        found->watched.release();
        run(*found);
      }));
}

// Due times are rounded up, so that all that is due at about the same time is done in one wake-up.
void Logs::Impl::tick_later(Tick& tick, Source& source) {
  source.place = Place::ticking;
  tick.sources.push_back(source.record.id);
  if (std::exchange(tick.armed, true)) return;
  const Clock::duration interval = tick.interval;
  const Clock::duration due = Clock::now().time_since_epoch() + interval;
  tick.timer.expires_at(Clock::time_point{(due / interval + 1) * interval});
  tick.timer.async_wait(guarded([this, &tick](const boost::system::error_code& ec) {
    if (!ec) on_tick(tick);
  }));
}

void Logs::Impl::on_tick(Tick& tick) {
  tick.armed = false;
  for (const std::uint32_t id : std::exchange(tick.sources, {})) {
    Source* const source = find(id);
    if (source != nullptr && source->place == Place::ticking) run(*source);
  }
}

void Logs::Impl::queue(Source& source) {
  source.place = Place::queued;
  asio::post(io_, guarded([this, id = source.record.id] {
               Source* const found = find(id);
               if (found != nullptr && found->place == Place::queued) run(*found);
             }));
}

void Logs::Impl::block(Source& source) {
  source.place = Place::blocked;
  if (source.log->sink.is_open()) retry_later(*source.log);
}

void Logs::Impl::retry_later(Log& log) {
  if (std::exchange(log.retrying, true)) return;
  log.retry.expires_after(log.delay);
  log.delay = std::min(log.delay * 2, last_retry);
  const auto on_time = [this, path = log.sink.target().path](const boost::system::error_code& ec) {
    Log* const found = log_of_path(path);
    if (ec || found == nullptr) return;
    found->retrying = false;
    retry(*found);
  };
  log.retry.async_wait(guarded(on_time));
}

// The piece in hand goes first, then the pipes.
void Logs::Impl::retry(Log& log) {
  if (pump_.has_piece_for(log.sink)) {
    const Source* const source = find(pump_.piece().stream);
    const bool done = pump_.finish_piece();
    tell_surprise(source != nullptr ? source->record.stream : "?");
    wake_followers(log);
    if (!done) return log.sink.is_open() ? retry_later(log) : void();
  }
  log.delay = first_retry;
  std::vector<std::uint32_t> blocked;
  for (const auto& [id, source] : sources_) {
    if (source->log == &log && source->place == Place::blocked) blocked.push_back(id);
  }
  for (const std::uint32_t id : blocked) {
    if (Source* const source = find(id)) run(*source);
  }
  after_piece();
}

// What waited only for the piece in hand to be written.
void Logs::Impl::after_piece() {
  if (pump_.has_piece()) return;
  std::vector<std::uint32_t> ended;
  for (const auto& [id, source] : sources_) {
    if (source->ending) ended.push_back(id);
  }
  for (const std::uint32_t id : ended) erase(id);
}

void Logs::Impl::drain(const std::string& stream) {
  for (Source* const source : sources_of(stream)) {
    if (!source->fd) continue;
    for (int i = 0; i < turns_of_a_drain; ++i) {
      const Turn result = turn(*source);
      if (result == Turn::idle || result == Turn::blocked || result == Turn::ended) break;
    }
  }
}

}  // namespace supervisord::log
