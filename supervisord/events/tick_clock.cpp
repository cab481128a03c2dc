#include "supervisord/events/tick_clock.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "common/unique_fd.hpp"

namespace supervisord::events {

TickClock::TickClock(boost::asio::io_context& io, std::function<void()> woken)
    : timer_{io}, woken_{std::move(woken)} {}

// An Asio timer on the wall clock would not hear of the clock being set.
common::Result<void> TickClock::wake_at(std::int64_t when) {
  if (!timer_.is_open()) {
    common::UniqueFd made{::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (!made) return common::system_error("timerfd_create", errno);
    timer_.assign(made.release());
    wait();
  }
  itimerspec at{};
  at.it_value.tv_sec = when;
  const int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
  if (::timerfd_settime(timer_.native_handle(), flags, &at, nullptr) == 0) return {};
  if (errno != ECANCELED) return common::system_error("timerfd_settime", errno);
  boost::asio::post(timer_.get_executor(), woken_);  // the clock was set a moment ago: look again
  return {};
}

void TickClock::stop() {
  boost::system::error_code ignored;  // nothing can be done about a close that fails
  if (timer_.is_open()) timer_.close(ignored);
}

void TickClock::wait() {
  timer_.async_wait(
      boost::asio::posix::stream_descriptor::wait_read,
      [this](const boost::system::error_code& error) {
        if (error) return;
        std::uint64_t count = 0;  // ECANCELED, when the clock was set, is a wake too
        if (::read(timer_.native_handle(), &count, sizeof count) < 0 && errno == EAGAIN) {
          wait();
          return;
        }
        woken_();
        if (timer_.is_open()) wait();
      });
}

}  // namespace supervisord::events
