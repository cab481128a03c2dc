// One end of the packet socket between keeper and daemon; both use this class. Packs what is sent
// into as few packets as fit, takes packets apart, and never blocks: what the socket does not take
// stays queued until flush() is called again. One thread.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <vector>

#include "common/fd_passing.hpp"
#include "common/unique_fd.hpp"
#include "supervisord/keeper/messages.hpp"

namespace supervisord::keeper {

struct Incoming {
  Message message;  // Unknown also when its payload cannot be read
  std::vector<common::UniqueFd> fds;
  bool fds_missing = false;  // no free descriptor number was left when they arrived
};

class Link {
 public:
  /// Makes `socket` non-blocking and its buffers large.
  explicit Link(common::UniqueFd socket);

  int fd() const { return socket_.get(); }

  /// Queues `message` with duplicates of `fds`; a packet that is full goes out at once.
  void send(const Message& message, std::span<const int> fds = {});
  enum class Flushed { all, later, closed };
  /// later: the other end does not read, or too many descriptors are on their way.
  Flushed flush();

  enum class Received { packet, nothing, closed };
  /// Takes one packet, if there is one, and adds its messages to `into`.
  Received receive(std::vector<Incoming>& into);

 private:
  struct Packet {
    std::string bytes;
    std::vector<common::UniqueFd> fds;
  };
  bool fits(std::size_t bytes, std::size_t fds) const;
  Incoming take_apart(const Frame& frame, std::vector<common::UniqueFd>& fds,
                      std::size_t& next) const;

  common::UniqueFd socket_;
  std::deque<Packet> out_;  // the last one may still grow
  std::vector<char> buffer_;
  bool broken_ = false;  // a message could not be made: what follows it must not be sent
};

}  // namespace supervisord::keeper
