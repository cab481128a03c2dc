#include "supervisord/log/follow.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace supervisord::log {

Follower::Follower(boost::asio::io_context& io, Cursor cursor, OnChunk chunk, OnGone gone)
    : io_{io}, cursor_{std::move(cursor)}, chunk_{std::move(chunk)}, gone_{std::move(gone)} {}

void Follower::next() {
  wanted_ = true;
  look_later();
}

void Follower::wake() {
  if (wanted_) look_later();
}

void Follower::look_later() {
  if (std::exchange(posted_, true)) return;
  boost::asio::post(io_, [this, alive = std::weak_ptr{alive_}] {
    if (alive.expired()) return;
    posted_ = false;
    look();
  });
}

void Follower::look() {
  if (!wanted_) return;
  auto chunk = cursor_.next();
  if (!chunk) return;
  wanted_ = false;
  const OnChunk on_chunk = chunk_;  // it may destroy this
  on_chunk(std::move(*chunk));
}

}  // namespace supervisord::log
