// The daemon's gRPC on its listening sockets: accepts, tells gRPC from HTTP, and runs a
// grpc::Server for all peers of one user, role and password, and one for each [grpc_server]. Made,
// used and destroyed on the loop; gRPC's threads reach the loop through a Mailbox only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/unique_fd.hpp"
#include "supervisord/api/audit.hpp"
#include "supervisord/api/certificates.hpp"
#include "supervisord/api/peer.hpp"
#include "supervisord/control/control.hpp"

namespace supervisord::api {

/// What one client, or all together, may make the daemon hold.
struct Limits {
  int message_bytes = 1024 * 1024;  // of a request
  int streams_a_connection = 256;   // calls under way at the same time; more wait in the client
  std::size_t streams = 4096;       // server streams open in all; more: RESOURCE_EXHAUSTED
  std::size_t connections = 1024;   // in all; more are closed at once
  std::size_t connections_a_user = 512;           // of a Unix socket, or of a [grpc_server]
  std::size_t connections_an_address = 256;       // by TCP
  std::size_t unread_bytes = 16 * 1024 * 1024;    // of answers that wait for their clients, in all;
                                                  // more: who has waited longest is ended
  std::size_t received_bytes = 64 * 1024 * 1024;  // of requests, and what gRPC needs beside, in all
  std::chrono::milliseconds handshake{10'000};    // TLS and HTTP/2's preface
  std::chrono::milliseconds keepalive{60'000};    // a peer that does not answer a ping by then...
  std::chrono::milliseconds keepalive_answer{20'000};  // ...and this is gone
  std::chrono::milliseconds old_certificates{
      3'600'000};                              // connections made with ones since replaced
  std::chrono::milliseconds farewell{10'000};  // for calls under way on a connection that must end
};

/// Of a [grpc_server].
struct RemoteAccess {
  CertificateFiles files;                     // no certificate: plain text
  std::string tokens_file;                    // "": no tokens
  std::vector<config::Allowed> allow_users;   // names of client certificates
  std::vector<config::Allowed> allow_groups;  // their organizations
};

/// What is wrong with its files, before a server is made of them.
common::Result<void> check(const RemoteAccess& access);

struct Options {
  HttpHandler http = answer_not_implemented;  // on the loop
  std::chrono::milliseconds greeting_limit{10'000};
  control::Audit::Report report = [](common::Level level, const std::string& text) {
    common::log(level, text);
  };
  Limits limits;
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

  /// The same for a socket of gRPC alone, which no HTTP comes to. While a file of `access` cannot
  /// be used its connections are closed, and the log says why: a daemon comes up all the same.
  void add_remote_listener(common::UniqueFd socket, std::string name, RemoteAccess access);

  /// Closes it; its connections go on.
  void remove_listener(const std::string& name);

  /// Accepts no more, ends all streams (UNAVAILABLE, so that clients come again) and answers what
  /// was asked; cancels what is not over within `limit`. Returns when nothing of gRPC calls any
  /// more.
  void shutdown(std::chrono::milliseconds limit);

 private:
  class Parts;
  struct Remote;
  std::unique_ptr<Parts> parts_;
};

}  // namespace supervisord::api
