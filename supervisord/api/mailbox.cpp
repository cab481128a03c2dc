#include "supervisord/api/mailbox.hpp"

#include <boost/asio/post.hpp>

namespace supervisord::api {

void Mailbox::post(Letter letter) {
  {
    const std::lock_guard lock{mutex_};
    letters_.push_back(std::move(letter));
    changed_.notify_one();
    if (letters_.size() > 1) return;  // a drain is on its way
  }
  boost::asio::post(loop_, [self = shared_from_this()] { self->drain(); });
}

void Mailbox::drain() {
  std::vector<Letter> taken;
  {
    const std::lock_guard lock{mutex_};
    taken.swap(letters_);
  }
  for (Letter& letter : taken) letter();
}

void Mailbox::run_until_stopped() {
  for (;;) {
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return stopped_ || !letters_.empty(); });
      if (letters_.empty()) return;
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
