#include "supervisord/api/unread.hpp"

#include <utility>
#include <vector>

namespace supervisord::api {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t bytes_of_a_call = 8 * 1024;  // what gRPC needs for one, beside its message
constexpr std::chrono::milliseconds longest_wait{300};  // while there is too much

}  // namespace

Unread::Unread(boost::asio::io_context& loop, Mailbox& mailbox, std::size_t most_bytes,
               std::function<void()> close_stalled)
    : mailbox_{mailbox},
      most_bytes_{most_bytes},
      close_stalled_{std::move(close_stalled)},
      timer_{loop} {}

std::size_t Unread::bytes() const {
  const std::lock_guard lock{mutex_};
  return bytes_;
}

Unread::Place Unread::add(grpc_call* call, std::size_t bytes) {
  std::unique_lock lock{mutex_};
  bytes_ += bytes + bytes_of_a_call;
  const auto place =
      waiting_.insert(waiting_.end(), {call, bytes + bytes_of_a_call, steady_clock::now(), false});
  if (bytes_ <= most_bytes_) return place;
  lock.unlock();
  if (!std::exchange(is_full_, true)) {
    mailbox_.hold_calls(true);
    make_room();
  }
  return place;
}

void Unread::remove(Place place) {
  const std::lock_guard lock{mutex_};
  bytes_ -= place->bytes;
  waiting_.erase(place);
}

void Unread::make_room() {
  if (bytes() <= most_bytes_ / 2) {
    is_full_ = false;
    return mailbox_.hold_calls(false);
  }
  end_oldest();
  close_stalled_();
  timer_.expires_after(look_interval);
  // Cancelled by the destructor of timer_, and then `this` is not touched.
  timer_.async_wait([this](auto error) {
    if (!error) make_room();
  });
}

void Unread::end_oldest() {
  std::vector<grpc_call*> calls;
  {
    const std::lock_guard lock{mutex_};
    const Time before = steady_clock::now() - longest_wait;
    for (Waiting& each : waiting_) {
      if (each.since > before) break;
      if (std::exchange(each.is_ended, true)) continue;
      grpc_call_ref(each.call);
      calls.push_back(each.call);
    }
  }
  for (grpc_call* const call : calls) {
    grpc_call_cancel_with_status(call, GRPC_STATUS_RESOURCE_EXHAUSTED,
                                 "too much waits for clients that do not read", nullptr);
    grpc_call_unref(call);
  }
}

}  // namespace supervisord::api
