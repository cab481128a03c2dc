// Accepts on one listening socket, and looks at each connection's first bytes without taking them:
// `PRI` is gRPC, all else HTTP. Lives on the daemon's loop; the Server owns it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <unordered_set>

#include "common/unique_fd.hpp"
#include "supervisord/api/peer.hpp"

namespace supervisord::api {

class Listener {
 public:
  struct Handlers {
    std::function<void(common::UniqueFd, const Peer&)> grpc;
    std::function<void(common::UniqueFd, const Peer&)> http;  // none: all is gRPC's, also its TLS
  };

  /// `greeting_limit`: a peer that has not said by then what it speaks is dropped.
  Listener(boost::asio::io_context& loop, common::UniqueFd socket,
           std::chrono::milliseconds greeting_limit, Handlers handlers);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  class Newcomer;

  void wait();
  void accept_all();
  void rest();  // after an accept that failed for want of descriptors

  boost::asio::io_context& loop_;
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer rest_;
  std::chrono::milliseconds greeting_limit_;
  Handlers handlers_;
  std::unordered_set<std::shared_ptr<Newcomer>> newcomers_;
};

/// What the first bytes of a connection say.
enum class Greeting { grpc, http, too_short };
Greeting greeting_of(std::string_view first_bytes);

}  // namespace supervisord::api
