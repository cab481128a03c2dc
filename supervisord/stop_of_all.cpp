#include "supervisord/stop_of_all.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <string>
#include <utility>

#include "common/log.hpp"

namespace supervisord {

namespace asio = boost::asio;
using common::Level;

void StopOfAll::begin(control::Verbs& verbs, std::function<void()> when_down) {
  if (std::exchange(is_under_way_, true)) return;
  when_down_ = std::move(when_down);
  asio::post(io_, [this, &verbs] {
    asio::co_spawn(io_, stop(verbs), [this](const std::exception_ptr& bug) {
      is_under_way_ = false;
      if (bug)
        common::log(Level::critical, "stopping everything ended by an exception, which is a bug");
    });
  });
}

asio::awaitable<void> StopOfAll::stop(control::Verbs& verbs) {
  asio::steady_timer reminder{io_};
  remind(reminder);
  co_await verbs.stop_everything();
  reminder.cancel();
  when_down_();
}

// "waiting for A, B to die", at once and every 3 s. Source: Supervisor's log.
void StopOfAll::remind(asio::steady_timer& reminder) {
  std::string names;
  for (const process::Process* const process : table_.all()) {
    if (process->has_child()) names += (names.empty() ? "" : ", ") + process->name();
  }
  if (names.empty()) return;
  common::log(Level::info, "waiting for " + names + " to die");
  reminder.expires_after(std::chrono::seconds{3});
  reminder.async_wait([this, &reminder](const boost::system::error_code& error) {
    if (!error) remind(reminder);
  });
}

}  // namespace supervisord
