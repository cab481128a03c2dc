// Wakes at a time of the wall clock, and when that clock is set. Owned by Listeners, on the
// daemon's loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>

#include "common/error.hpp"

namespace supervisord::events {

class TickClock {
 public:
  /// `woken` is called from the loop each time; it sets the next time, or nothing more comes.
  TickClock(boost::asio::io_context& io, std::function<void()> woken);
  /// Seconds since 1970. Errors: errno of the timer.
  common::Result<void> wake_at(std::int64_t when);
  void stop();

 private:
  void wait();

  boost::asio::posix::stream_descriptor timer_;
  std::function<void()> woken_;
};

}  // namespace supervisord::events
