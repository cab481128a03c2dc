// The stop of everything before a shutdown or a restart: once at a time, with a line every 3 s that
// says who is still there. Owned by the daemon, on its loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "supervisord/control/verbs.hpp"
#include "supervisord/process/table.hpp"

namespace supervisord {

class StopOfAll {
 public:
  /// Both outlive this.
  StopOfAll(boost::asio::io_context& io, const process::Table& table) : io_{io}, table_{table} {}

  /// Whoever asked for it is answered first. `when_down` is called at the end; nothing happens when
  /// a stop is under way already. `verbs` outlives it.
  void begin(control::Verbs& verbs, std::function<void()> when_down);

 private:
  boost::asio::awaitable<void> stop(control::Verbs& verbs);
  void remind(boost::asio::steady_timer& reminder);

  boost::asio::io_context& io_;
  const process::Table& table_;
  bool is_under_way_ = false;
  std::function<void()> when_down_;
};

}  // namespace supervisord
