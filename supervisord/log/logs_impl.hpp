// What Logs is made of: its logs, its pipes, and when it looks at which. Not for others to include.
// logs.cpp has what comes from outside and the taking over, logs_turns.cpp the looking at pipes.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "supervisord/log/file_sink.hpp"
#include "supervisord/log/held_records.hpp"
#include "supervisord/log/logs.hpp"
#include "supervisord/log/pump.hpp"
#include "supervisord/log/tapped.hpp"

namespace supervisord::log {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds first_retry{20};
constexpr std::chrono::milliseconds slow_interval{30};
constexpr std::chrono::milliseconds follow_interval{8};  // while somebody looks on
constexpr std::chrono::milliseconds shortest_wait{1};

// One log and, while it does not take its output, when to try again.
struct Log {
  Log(asio::io_context& io, Target target, common::Holder& holder, const Report& report,
      FilesInUse& files)
      : sink{std::move(target), holder, report, files}, retry{io} {}

  FileSink sink;
  asio::steady_timer retry;
  std::chrono::milliseconds delay = first_retry;
  bool retrying = false;
  int sources = 0;  // that end in it
};

enum class Place {
  parked,    // it has no pipe (yet), or none any more
  watching,  // in the reactor: nothing was there at the last look
  ticking,   // looked at by the next of one of the ticks
  filling,   // looked at when it should be half full: its writer is fast
  queued,    // looked at as soon as the loop comes round
  blocked,   // looked at when its log takes output again
};

// One pipe of one stream.
struct Source {
  Source(asio::io_context& io, StreamRecord held)
      : record{std::move(held)}, watched{io}, half_full{io} {}
  ~Source() {
    if (watched.is_open()) watched.release();  // out of epoll before the descriptor is closed
  }

  StreamRecord record;
  Log* log = nullptr;  // lives as long as a source names it
  common::UniqueFd fd;
  PumpPipe pipe;
  std::optional<Tapped> tapped;            // when it has taps
  asio::posix::stream_descriptor watched;  // has the descriptor only while it is watched
  asio::steady_timer half_full;
  Place place = Place::parked;
  std::chrono::steady_clock::time_point looked{};  // when it was looked at last
  int fast_looks = 0;   // in a row that found its writer too fast for the slow tick
  bool ending = false;  // only its piece, in the pump's hands, keeps it here
  bool told = true;     // whether end_of_stream is to come
};

// Many pipes looked at together, so that there is one wake-up for all.
struct Tick {
  Tick(asio::io_context& io, std::chrono::milliseconds every) : timer{io}, interval{every} {}
  asio::steady_timer timer;
  std::chrono::milliseconds interval;
  bool armed = false;
  std::vector<std::uint32_t> sources;
};

class Logs::Impl {
 public:
  Impl(asio::io_context& io, common::Holder& holder, int pump_fd, LogHandlers handlers,
       StepHook at_step)
      : io_{io},
        holder_{holder},
        handlers_{std::move(handlers)},
        pump_{pump_fd, std::move(at_step)},
        slow_{io, slow_interval},
        followed_{io, follow_interval},
        turns_{io} {}

  RecoveredFrom take_over(std::vector<common::Held>& records);
  void attach(const std::string& stream, common::UniqueFd read_end, const Target& target,
              const Taps& taps);
  bool attach_recovered(const std::string& stream, common::UniqueFd read_end);
  std::vector<std::string> waiting_for_pipe() const;
  void drain(const std::string& stream);
  void forget(const std::string& stream);
  void reopen_all();
  void reopen(Log& log);
  common::Result<void> clear(const std::string& path);
  common::Result<std::unique_ptr<Follow>> follow(const LogFile& log,
                                                 std::optional<LogPosition> from,
                                                 std::uint64_t last_bytes,
                                                 std::function<void(SharedChunk)> chunk);
  void written(const std::string& path);

 private:
  // Taking over.
  void take_over_log(common::Held& held);
  void take_over_stream(common::Held& held);
  void recover_piece();

  // Sources and logs.
  Log& log_for(const Target& target);
  Log* log_of_path(const std::string& path);
  std::vector<Source*> sources_of(const std::string& stream);
  Source* find(std::uint32_t id);
  Source& add(StreamRecord record);
  void put(const Source& source);
  void begin(Source& source, common::UniqueFd read_end);
  void end(Source& source);
  void erase(std::uint32_t id);
  void release_if_unused(Log& log);

  // Looking at pipes.
  void run(Source& source);
  Turn turn(Source& source);
  void watch(Source& source);
  void look_later(Source& source, std::chrono::steady_clock::duration since);
  void fill(Source& source, std::chrono::steady_clock::duration wait);
  void tick_later(Tick& tick, Source& source);
  void queue(Source& source);
  void block(Source& source);
  void on_tick(Tick& tick);
  void retry_later(Log& log);
  void retry(Log& log);
  void after_piece();
  static bool follows(const Follower& follower, const Log& log);
  bool is_followed(const Log& log) const;
  void wake_followers(const Log& log);
  void tell_surprise(const std::string& stream);

  // Wraps a handler that may come after this is gone.
  template <class Function>
  auto guarded(Function function) {
    return [function = std::move(function), alive = std::weak_ptr{alive_}](auto&&... arguments) {
      if (!alive.expired()) function(arguments...);
    };
  }

  asio::io_context& io_;
  common::Holder& holder_;
  LogHandlers handlers_;
  Pump pump_;
  FilesInUse files_;
  std::map<std::string, std::unique_ptr<Log>> logs_;          // by path
  std::map<std::uint32_t, std::unique_ptr<Source>> sources_;  // by id, so oldest first
  std::set<std::pair<std::string, std::uint32_t>> streams_;   // which ids a stream has
  std::uint32_t next_id_ = 1;
  Tick slow_;      // for what says little
  Tick followed_;  // the same while somebody looks on
  SharedReads reads_;
  FollowTurns turns_;
  std::vector<Follower*> followers_;  // their callers own them
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace supervisord::log
