// The messages that gRPC was given and that their clients have not taken yet, bounded in bytes:
// gRPC bounds a connection's calls only. When there is too much, no call is begun until there is
// room again, and room is made: calls that have waited too long are ended, and connections that
// take nothing are closed, since gRPC cannot let go of what it has half written. The Server owns
// it, on the loop; what is sent may be told from any thread.
#pragma once

#include <grpc/grpc.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>

#include "supervisord/api/mailbox.hpp"

namespace supervisord::api {

class Unread {
 public:
  /// `close_stalled` is called again and again while there is too much.
  Unread(boost::asio::io_context& loop, Mailbox& mailbox, std::size_t most_bytes,
         std::function<void()> close_stalled);
  Unread(const Unread&) = delete;
  Unread& operator=(const Unread&) = delete;

  class Message;
  std::size_t bytes() const;

  static constexpr std::chrono::milliseconds look_interval{100};

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Waiting {
    grpc_call* call;
    std::size_t bytes;
    Time since;
    bool is_ended;
  };
  using Place = std::list<Waiting>::iterator;

  Place add(grpc_call* call, std::size_t bytes);
  void remove(Place place);
  void make_room();
  void end_oldest();

  Mailbox& mailbox_;
  std::size_t most_bytes_;
  std::function<void()> close_stalled_;
  boost::asio::steady_timer timer_;
  bool is_full_ = false;

  mutable std::mutex mutex_;
  std::size_t bytes_ = 0;
  std::list<Waiting> waiting_;  // the oldest first
};

/// One message on its way: from before gRPC has it, on the loop, until gRPC says that it is sent.
class Unread::Message {
 public:
  Message(Unread& unread, grpc_call* call, std::size_t bytes)
      : unread_{unread}, place_{unread.add(call, bytes)} {}
  ~Message() { unread_.remove(place_); }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

 private:
  Unread& unread_;
  Place place_;
};

}  // namespace supervisord::api
