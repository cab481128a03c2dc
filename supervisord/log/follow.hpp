// A log being followed: one chunk for each next(), as soon as there is one.
// The caller owns it, on the daemon's loop; Logs knows it and wakes it when something was written.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

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
  using OnChunk = std::function<void(LogChunk)>;
  using OnGone = std::function<void(Follower&)>;

  /// `gone` is called by the destructor. `io` outlives this.
  Follower(boost::asio::io_context& io, Cursor cursor, OnChunk chunk, OnGone gone);
  ~Follower() override { gone_(*this); }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  const Cursor& cursor() const { return cursor_; }
  void next() override;
  /// Something was written to the log, or it was rotated.
  void wake();

 private:
  void look_later();
  void look();

  boost::asio::io_context& io_;
  Cursor cursor_;
  OnChunk chunk_;
  OnGone gone_;
  bool wanted_ = false;
  bool posted_ = false;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace supervisord::log
