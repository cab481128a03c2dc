// A log being followed: one chunk for each next(), as soon as there is one.
// The caller owns it, on the daemon's loop; Logs knows it and wakes it when something was written.
#pragma once

#include <functional>

#include "supervisord/log/follow_turns.hpp"
#include "supervisord/log/tail.hpp"

namespace supervisord::log {

/// A log being followed; ends when it is destroyed. next() asks for one chunk, which comes by the
/// callback when there is something, never from within the call; nothing is read before.
class Follow {
 public:
  virtual ~Follow() = default;
  virtual void next() = 0;
};

class Follower : public Follow {
 public:
  using OnChunk = std::function<void(SharedChunk)>;
  using OnGone = std::function<void(Follower&)>;

  /// `gone` is called by the destructor. `turns` outlives this.
  Follower(FollowTurns& turns, Cursor cursor, OnChunk chunk, OnGone gone);
  ~Follower() override;
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  const Cursor& cursor() const { return cursor_; }
  void next() override;
  /// Something was written to the log, or it was rotated.
  void wake();
  /// By FollowTurns: it is this one's turn.
  void look();

 private:
  void look_later();

  FollowTurns& turns_;
  Cursor cursor_;
  OnChunk chunk_;
  OnGone gone_;
  bool wanted_ = false;
  bool has_turn_ = false;  // to come
};

}  // namespace supervisord::log
