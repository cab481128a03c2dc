// What gRPC's threads hand to the daemon's loop: letters, run there in the order in which they were
// posted, but those of streams behind all others, and each kind for a bounded time of a turn: a
// call with one answer does not wait for a hundred streams, nor the rest of the daemon for a flood
// of calls. The Server owns it; a drain that the loop still holds keeps it alive.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace supervisord::api {

class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  using Letter = std::function<void()>;

  explicit Mailbox(boost::asio::io_context& loop) : loop_{loop} {}

  /// From any thread.
  void post(Letter letter);
  void post_stream(Letter letter);
  /// On the loop: letters of calls with one answer wait until it is called with false.
  void hold_calls(bool held);
  /// On the loop: runs letters, also those that come meanwhile, until stop() was called. For the
  /// end, when the loop waits for gRPC's threads and they for their letters.
  void run_until_stopped();
  /// From any thread.
  void stop();

 private:
  void drain_soon();  // the mutex is held
  void drain();
  void run(std::deque<Letter>& letters, std::chrono::microseconds at_once);
  bool has_work() const { return (!letters_.empty() && !calls_held_) || !stream_letters_.empty(); }

  boost::asio::io_context& loop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Letter> letters_;
  std::deque<Letter> stream_letters_;
  bool is_drained_soon_ = false;
  bool calls_held_ = false;
  bool stopped_ = false;
};

}  // namespace supervisord::api
