// Waits for what a change of some process's state makes true. Owned by Verbs, which tells it of
// each change; on the daemon's loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <list>

namespace supervisord::control {

class ChangeWait {
 public:
  explicit ChangeWait(boost::asio::io_context& io) : io_{io} {}
  /// Until `is_so`, looked at now and after each change.
  boost::asio::awaitable<void> until(std::function<bool()> is_so);
  void on_change();

 private:
  boost::asio::io_context& io_;
  std::list<boost::asio::steady_timer*> waiting_;  // each cancelled at a change
};

}  // namespace supervisord::control
