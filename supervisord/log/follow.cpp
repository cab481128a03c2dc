#include "supervisord/log/follow.hpp"

#include <utility>

namespace supervisord::log {

Follower::Follower(FollowTurns& turns, Cursor cursor, OnChunk chunk, OnGone gone)
    : turns_{turns}, cursor_{std::move(cursor)}, chunk_{std::move(chunk)}, gone_{std::move(gone)} {}

Follower::~Follower() {
  if (has_turn_) turns_.remove(*this);
  gone_(*this);
}

void Follower::next() {
  wanted_ = true;
  look_later();
}

void Follower::wake() {
  if (wanted_) look_later();
}

void Follower::look_later() {
  if (!std::exchange(has_turn_, true)) turns_.add(*this);
}

void Follower::look() {
  has_turn_ = false;
  if (!wanted_) return;
  auto chunk = cursor_.next();
  if (!chunk) return;
  wanted_ = false;
  const OnChunk on_chunk = chunk_;  // it may destroy this
  on_chunk(std::move(chunk));
}

}  // namespace supervisord::log
