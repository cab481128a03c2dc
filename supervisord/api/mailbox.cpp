#include "supervisord/api/mailbox.hpp"

#include <boost/asio/post.hpp>
#include <chrono>

namespace supervisord::api {

using std::chrono::steady_clock;

void Mailbox::post(Letter letter) {
  const std::lock_guard lock{mutex_};
  letters_.push_back(std::move(letter));
  drain_soon();
}

void Mailbox::post_stream(Letter letter) {
  const std::lock_guard lock{mutex_};
  stream_letters_.push_back(std::move(letter));
  drain_soon();
}

void Mailbox::hold_calls(bool held) {
  const std::lock_guard lock{mutex_};
  calls_held_ = held;
  if (has_work()) drain_soon();
}

void Mailbox::drain_soon() {
  changed_.notify_one();
  if (std::exchange(is_drained_soon_, true)) return;
  boost::asio::post(loop_, [self = shared_from_this()] { self->drain(); });
}

void Mailbox::drain() {
  {
    const std::lock_guard lock{mutex_};
    is_drained_soon_ = false;
  }
  run(letters_, std::chrono::microseconds{1000});
  run(stream_letters_, std::chrono::microseconds{300});
  const std::lock_guard lock{mutex_};
  if (has_work()) drain_soon();
}

void Mailbox::run(std::deque<Letter>& letters, std::chrono::microseconds at_once) {
  const auto until = steady_clock::now() + at_once;
  do {
    std::unique_lock lock{mutex_};
    if (letters.empty() || (&letters == &letters_ && calls_held_)) return;
    const Letter letter = std::move(letters.front());
    letters.pop_front();
    lock.unlock();
    letter();
  } while (steady_clock::now() < until);
}

void Mailbox::run_until_stopped() {
  for (;;) {
    {
      std::unique_lock lock{mutex_};
      calls_held_ = false;
      changed_.wait(lock, [this] { return stopped_ || has_work(); });
      if (!has_work()) return;
    }
    drain();
  }
}

void Mailbox::stop() {
  const std::lock_guard lock{mutex_};
  stopped_ = true;
  changed_.notify_one();
}

}  // namespace supervisord::api
