// When the followers of logs look: one after the other in the order in which they asked, a little
// of the loop's time at once and a small part of it in all. So whatever else the loop has to do,
// above all a client's question, comes between them; and the more they are, the rarer each looks
// and the more it finds. On the daemon's loop; Logs owns it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>

namespace supervisord::log {

class Follower;

class FollowTurns {
 public:
  struct Share {
    std::chrono::microseconds at_once{300};
    int rest = 7;  // times as long as the looks took: an eighth of the loop's time
  };

  explicit FollowTurns(boost::asio::io_context& io) : FollowTurns{io, Share{}} {}
  FollowTurns(boost::asio::io_context& io, Share share) : share_{share}, timer_{io} {}
  FollowTurns(const FollowTurns&) = delete;
  FollowTurns& operator=(const FollowTurns&) = delete;

  /// Its look() is called once, never from within this call.
  void add(Follower& follower);
  void remove(Follower& follower) { std::erase(waiting_, &follower); }

 private:
  void wait();
  void run();

  Share share_;
  std::deque<Follower*> waiting_;  // their callers own them
  boost::asio::steady_timer timer_;
  bool is_set_ = false;
  std::chrono::steady_clock::time_point rests_until_{};
};

}  // namespace supervisord::log
