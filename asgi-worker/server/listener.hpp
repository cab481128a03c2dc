// One listening socket: accepts what waits, a bounded number a turn, and rests when descriptors run
// out or the worker has as many connections as it may. Owned by HttpCore; the descriptor is
// borrowed. One thread.
#pragma once

#include <optional>

#include "asgi-worker/server/turn.hpp"
#include "common/error.hpp"

namespace asgi_worker::server {

class Listener final : public EventSink {
 public:
  static constexpr int most_a_turn = 64;
  static constexpr int most_at_the_end = 4096;
  static constexpr std::chrono::milliseconds rest_time{250};
  /// How long others get to take what is above our share; then so many are taken all the same,
  /// twice as many each time, since they may all be busy.
  static constexpr std::chrono::milliseconds yield_time{1};
  static constexpr int least_after_yield = 4;

  Listener(Turn& turn, int fd) : turn_{turn}, fd_{fd} {}
  ~Listener() override { rest(std::nullopt); }

  /// Learns the socket's address and joins the epoll instance.
  common::Result<void> open();

  /// Accepts what waits and then no more: the kernel has told these clients that they are
  /// connected, and would reset them if we are the last that listens.
  void leave();

  void on_events(std::uint32_t events) override;

  /// When to try again, while it rests for want of descriptors.
  std::optional<Clock::time_point> resume_at() const { return resume_at_; }
  void resume_if_due(Clock::time_point now);

 private:
  bool has_room() const;
  bool is_above_share() const;
  bool someone_waits() const;
  bool make_room();
  bool accept_one();
  bool join();
  bool take_short();
  void rest(std::optional<Clock::time_point> until);

  Turn& turn_;
  int fd_;
  http::Endpoint local_;
  bool is_wildcard_ = false;  // each connection has its own local address
  bool is_resting_ = true;    // not in the epoll instance
  bool has_left_ = false;
  bool has_yielded_ = false;
  int after_yield_ = least_after_yield;
  bool is_full_ = false;   // rests since there is no place for a connection
  bool is_short_ = false;  // of descriptors; said once
  std::optional<Clock::time_point> resume_at_;
};

}  // namespace asgi_worker::server
