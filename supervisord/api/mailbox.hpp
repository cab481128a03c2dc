// What gRPC's threads hand to the daemon's loop: letters, run there in the order in which they were
// posted. The Server owns it; a drain that the loop still holds keeps it alive.
#pragma once

#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace supervisord::api {

class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  using Letter = std::function<void()>;

  explicit Mailbox(boost::asio::io_context& loop) : loop_{loop} {}

  /// From any thread.
  void post(Letter letter);
  /// On the loop: runs letters, also those that come meanwhile, until stop() was called. For the
  /// end, when the loop waits for gRPC's threads and they for their letters.
  void run_until_stopped();
  /// From any thread.
  void stop();

 private:
  void drain();

  boost::asio::io_context& loop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Letter> letters_;
  bool stopped_ = false;
};

}  // namespace supervisord::api
