// The connections that gRPC has: how many, and whose. gRPC does not say on which of them a call
// came, nor when one ends; a duplicate of each descriptor tells that, and the calls of a server
// with one connection are its peer's. On the loop; the Server owns it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/unique_fd.hpp"
#include "supervisord/api/peer.hpp"

namespace supervisord::api {

class Connections {
 public:
  /// `none_left` is called when the last connection of a server has ended, and may add others.
  Connections(
      boost::asio::io_context& loop, std::size_t most,
      std::function<void(const void* server)> none_left = [](const void*) {});
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  bool is_full() const { return open_.size() >= most_; }
  std::size_t count(const void* server) const;
  /// By TCP, from that address; 0 for "".
  std::size_t count_from(const std::string& address) const;
  /// `server` tells the grpc::Servers apart. `connection` is gRPC's from now on.
  void add(int connection, const Peer& peer, const void* server);
  /// Shuts down those whose send queue was never empty and either the same at `looks` calls of
  /// this in a row, or not at ten times as many. What each was: "uid 1000 (alice), pid 4711".
  std::vector<std::string> close_stalled(int looks);
  /// The server is no more.
  void forget_server(const void* server);
  /// Whose calls `server` gets: "uid 1000 (alice), pid 4711"; when that is not known for certain,
  /// all that it may be.
  std::string who(const void* server);

 private:
  struct Open {
    common::UniqueFd fd;
    PeerProcess process;
    std::string address;
    const void* server;
    int queued = 0;        // at the last look at what is stalled
    int looks_same = 0;    // that found as much queued
    int looks_queued = 0;  // that found something queued
  };

  void wait();
  void forget_ended();
  void forget(int number);

  std::size_t most_;
  std::function<void(const void*)> none_left_;
  boost::asio::posix::stream_descriptor ends_;  // an epoll instance: readable when one has ended
  std::unordered_map<int, Open> open_;
  std::unordered_map<const void*, std::size_t> counts_;  // of each server
  std::unordered_map<std::string, std::size_t> from_;    // of each address
  std::unordered_map<const void*, std::string> last_;    // of each server, the last that has ended
};

}  // namespace supervisord::api
