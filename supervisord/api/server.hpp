// The daemon's gRPC on its listening sockets: accepts, tells gRPC from HTTP, and runs a
// grpc::Server for each role (and each password). Made, used and destroyed on the loop; gRPC's
// threads reach the loop through a Mailbox only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "common/unique_fd.hpp"
#include "supervisord/api/peer.hpp"
#include "supervisord/control/control.hpp"

namespace supervisord::api {

struct Options {
  HttpHandler http = answer_not_implemented;  // on the loop
  std::chrono::milliseconds greeting_limit{10'000};
};

class Server {
 public:
  /// The loop and the control outlive it.
  Server(boost::asio::io_context& loop, control::Control& control, Options options = {});
  /// Shuts down at once when shutdown() was not called.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// `socket` listens; `name` is its section's, for `ListSockets`.
  void add_listener(common::UniqueFd socket, std::string name, Policy policy);

  /// Closes it; its connections go on.
  void remove_listener(const std::string& name);

  /// Accepts no more, ends all streams (UNAVAILABLE, so that clients come again) and answers what
  /// was asked; cancels what is not over within `limit`. Returns when nothing of gRPC calls any
  /// more.
  void shutdown(std::chrono::milliseconds limit);

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace supervisord::api
