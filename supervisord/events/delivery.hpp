// One event on its way into a listener's standard input. Its bytes lie in a memfd that the keeper
// holds beside the event's record, and go by splice, which moves the memfd's shared offset by
// exactly what went into the pipe: after any kill a successor goes on with the next byte. A
// listener that does not read is waited for; nothing blocks.
// Owned by Listeners, on the daemon's loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string_view>

#include "common/error.hpp"
#include "common/unique_fd.hpp"

namespace supervisord::events {

/// A memfd with these bytes, its offset at the first one. Errors: errno.
common::Result<common::UniqueFd> make_event_memory(std::string_view bytes);

class Delivery {
 public:
  enum class End { all_sent, refused_whole, refused_rest };  // refused: the pipe has no reader
  /// `pipe` is non-blocking, and this object's own. `ended` is called once, from the loop or from
  /// within go(); it may destroy this object.
  Delivery(boost::asio::io_context& io, common::UniqueFd memory, common::UniqueFd pipe,
           std::function<void(End)> ended);
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;
  ~Delivery();
  /// Sends what the pipe takes, and goes on by itself when it takes more.
  void go();

 private:
  void wait();

  common::UniqueFd memory_;
  boost::asio::posix::stream_descriptor pipe_;
  std::function<void(End)> ended_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace supervisord::events
