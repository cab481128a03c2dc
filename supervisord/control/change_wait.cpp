#include "supervisord/control/change_wait.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace supervisord::control {

namespace asio = boost::asio;

asio::awaitable<void> ChangeWait::until(std::function<bool()> is_so) {
  asio::steady_timer change{io_, asio::steady_timer::time_point::max()};
  const auto place = waiting_.insert(waiting_.end(), &change);
  while (!is_so()) {
    change.expires_at(asio::steady_timer::time_point::max());
    co_await change.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  waiting_.erase(place);
}

void ChangeWait::on_change() {
  for (auto* const timer : waiting_) timer->cancel();
}

}  // namespace supervisord::control
