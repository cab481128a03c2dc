#include "supervisord/api/server.hpp"

#include <arpa/inet.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <map>
#include <thread>
#include <vector>

#include "supervisord/api/connections.hpp"
#include "supervisord/api/grpc_server.hpp"
#include "supervisord/api/listener.hpp"
#include "supervisord/api/mailbox.hpp"

namespace supervisord::api {
namespace {

/// "unix:///run/x.sock", "tcp://127.0.0.1:9001": where a socket listens.
std::string address_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  char text[INET6_ADDRSTRLEN] = "";
  switch (address.ss_family) {
    case AF_UNIX:
      return std::string{"unix://"} + reinterpret_cast<const sockaddr_un&>(address).sun_path;
    case AF_INET: {
      const auto& in = reinterpret_cast<const sockaddr_in&>(address);
      ::inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
      return std::string{"tcp://"} + text + ":" + std::to_string(ntohs(in.sin_port));
    }
    case AF_INET6: {
      const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
      ::inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
      return std::string{"tcp://["} + text + "]:" + std::to_string(ntohs(in.sin6_port));
    }
    default: return "";
  }
}

}  // namespace

/// [grpc_server]: whose certificates and tokens are read again when their files change.
struct Server::Remote {
  RemoteAccess access;
  std::shared_ptr<TokenFile> tokens;
  CertificateStamp stamp;
  GrpcServer* current = nullptr;  // with the certificates as last read
};

class Server::Parts {
 public:
  Parts(boost::asio::io_context& loop, control::Control& control, Options options)
      : loop_{loop},
        control_{control},
        options_{std::move(options)},
        mailbox_{std::make_shared<Mailbox>(loop)},
        unread_{loop, *mailbox_, options_.limits.unread_bytes, [this] { close_stalled(); }},
        connections_{loop, options_.limits.connections,
                     [this](const void* server) { none_left(server); }} {
    quota_.Resize(options_.limits.received_bytes);
    streams_.most = options_.limits.streams;
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  }

  void add_listener(common::UniqueFd socket, std::string name, Policy policy) {
    auto handlers = Listener::Handlers{
        .grpc = [this, policy](common::UniqueFd fd,
                               const Peer& peer) { take_grpc(std::move(fd), peer, policy); },
        .http = [this, policy](common::UniqueFd fd,
                               const Peer& peer) { take_http(std::move(fd), peer, policy); }};
    listen(std::move(socket), std::move(name), std::move(handlers));
  }

  void add_remote_listener(common::UniqueFd socket, std::string name, RemoteAccess access) {
    auto remote = std::make_shared<Remote>();
    remote->access = std::move(access);
    if (!remote->access.tokens_file.empty()) {
      remote->tokens = std::make_shared<TokenFile>(
          remote->access.tokens_file, [report = options_.report](const std::string& text) {
            report(common::Level::error, text);
          });
    }
    if (const auto read = renew(*remote); !read) {
      options_.report(common::Level::error,
                      read.error().context + "; connections are closed until that is put right");
    }
    auto handlers = Listener::Handlers{
        .grpc = [this, remote](common::UniqueFd fd,
                               const Peer& peer) { take_remote(std::move(fd), peer, *remote); },
        .http = nullptr};
    remotes_[name] = std::move(remote);
    listen(std::move(socket), std::move(name), std::move(handlers));
  }

  void remove_listener(const std::string& name) {
    listeners_.erase(name);
    if (const auto remote = remotes_.extract(name); remote && remote.mapped()->current != nullptr)
      retire(*remote.mapped()->current);
    auto& rows = *sockets_.mutable_sockets();
    rows.erase(std::remove_if(rows.begin(), rows.end(),
                              [&](const v1::Socket& row) { return row.name() == name; }),
               rows.end());
  }

  void shutdown(std::chrono::milliseconds limit) {
    listeners_.clear();
    remotes_.clear();
    sockets_.Clear();
    streams_.closing = true;
    end_streams([](const OpenStream&) { return true; });
    std::list<Leaving> leaving = std::move(leaving_);
    // gRPC's threads wait for letters, and Shutdown for gRPC's threads: so it waits beside the
    // loop.
    std::thread waiting{[this, &leaving, until = std::chrono::system_clock::now() + limit] {
      for (const auto& server : servers_) server->server().Shutdown(until);
      for (Leaving& each : leaving) each.thread.join();
      mailbox_->stop();
    }};
    mailbox_->run_until_stopped();
    waiting.join();
    by_peer_.clear();
    servers_.clear();
  }

 private:
  void list_sockets(v1::ListSocketsResponse& response) const {
    response = sockets_;
    for (const control::ProgramSocket& socket : control_.sockets()) {
      v1::Socket& row = *response.add_sockets();
      row.set_kind(v1::Socket::KIND_PROGRAM);
      row.set_name(socket.name);
      row.set_address(socket.address);
      for (const std::string& program : socket.programs) row.add_programs(program);
    }
  }

  /// Who shares a server: a role, a password and, so that the log can say who it was, a user.
  struct PeerKey {
    std::optional<Role> role;
    Credentials credentials;
    std::optional<uid_t> uid;

    friend auto operator<=>(const PeerKey&, const PeerKey&) = default;
  };
  static constexpr std::size_t most_by_user = 32;  // then users share them

  void listen(common::UniqueFd socket, std::string name, Listener::Handlers handlers) {
    v1::Socket& row = *sockets_.add_sockets();
    row.set_kind(v1::Socket::KIND_CONTROL);
    row.set_name(std::move(name));
    row.set_address(address_of(socket.get()));
    listeners_[row.name()] = std::make_unique<Listener>(
        loop_, std::move(socket), options_.greeting_limit, std::move(handlers));
  }

  void take_http(common::UniqueFd fd, const Peer& peer, const Policy& policy) {
    HttpConnection connection{std::move(fd), peer, policy.credentials};
    if (auto& process = connection.peer.process) process->user = policy.allow.name_of(process->uid);
    // XML-RPC and the page know no roles.
    const bool is_admin = policy.allow.is_empty() ||
                          (peer.process && policy.allow.role_of(*peer.process) == Role::admin);
    if (!is_admin) return answer_forbidden(std::move(connection));
    options_.http(std::move(connection));
  }

  void take_grpc(common::UniqueFd fd, const Peer& peer, const Policy& policy) {
    if (!policy.takes(peer)) return;  // refused: closed
    PeerKey key{Role::admin, policy.credentials, std::nullopt};
    Peer named = peer;
    if (named.process) {
      key.role = policy.allow.role_of(*named.process);
      if (by_peer_.size() < most_by_user) key.uid = named.process->uid;
      named.process->user = policy.allow.name_of(named.process->uid);
    }
    GrpcServer*& server = by_peer_[key];
    if (server == nullptr) {  // most daemons need one only, and start faster without the others
      server = &make_server(std::make_unique<PeerGate>(key.role, key.credentials),
                            grpc::InsecureServerCredentials());
    }
    hand_over(std::move(fd), named, *server);
  }

  void take_remote(common::UniqueFd fd, const Peer& peer, Remote& remote) {
    const bool is_tls = !remote.access.files.certificate.empty();
    if (is_tls && remote.stamp != stamp_of(remote.access.files)) {
      if (const auto read = renew(remote); !read) {
        options_.report(common::Level::error,
                        read.error().context + (remote.current == nullptr
                                                    ? "; connections are closed until then"
                                                    : "; what was read before stays in force"));
      }
    }
    if (remote.current == nullptr) return;
    hand_over(std::move(fd), peer, *remote.current);
  }

  /// Open connections stay with the server that they were accepted for.
  common::Result<void> renew(Remote& remote) {
    auto credentials = grpc::InsecureServerCredentials();
    const CertificateFiles& files = remote.access.files;
    if (!files.certificate.empty()) {
      remote.stamp = stamp_of(files);
      auto read = read_certificates(files);
      if (!read) return read.error();
      credentials = tls_credentials(*std::move(read), remote.tokens != nullptr);
    }
    GrpcServer* const before = remote.current;
    remote.current = &make_server(std::make_unique<RemoteGate>(RemoteGate::Rules{
                                      remote.tokens, !files.client_ca.empty(),
                                      remote.access.allow_users, remote.access.allow_groups}),
                                  std::move(credentials));
    if (before != nullptr) retire(*before);
    return {};
  }

  /// It gets no more connections. It goes with the last that it has, or when their time is over.
  void retire(GrpcServer& server) {
    if (connections_.count(&server) == 0) return let_go(server, std::chrono::milliseconds{0});
    auto timer =
        std::make_unique<boost::asio::steady_timer>(loop_, options_.limits.old_certificates);
    timer->async_wait([this, &server, alive = std::weak_ptr{alive_}](auto error) {
      if (error || alive.expired() || !retired_.contains(&server)) return;
      end_streams([&server](const OpenStream& stream) { return stream.is_of(server.caller()); });
      let_go(server, options_.limits.farewell);
    });
    retired_[&server] = std::move(timer);
  }

  /// While too much waits for clients.
  void close_stalled() {
    constexpr int looks = 3;
    for (const std::string& peer : connections_.close_stalled(looks)) {
      options_.report(common::Level::warn,
                      "api: closed a connection that takes no answers while "
                      "too many wait: " +
                          peer);
    }
  }

  void none_left(const void* server) {
    const auto found = std::ranges::find(servers_, server, &std::unique_ptr<GrpcServer>::get);
    if (found != servers_.end() && retired_.contains(server))
      let_go(**found, std::chrono::milliseconds{0});
  }

  void end_streams(const std::function<bool(const OpenStream&)>& is_meant) {
    for (OpenStream* const stream :
         std::vector<OpenStream*>{streams_.open.begin(), streams_.open.end()}) {
      if (is_meant(*stream)) stream->go_away();
    }
  }

  /// Its connections are told to go, and are cut after `limit`. Beside the loop, which its calls
  /// wait for.
  void let_go(GrpcServer& server, std::chrono::milliseconds limit) {
    retired_.erase(&server);
    const auto found = std::ranges::find(servers_, &server, &std::unique_ptr<GrpcServer>::get);
    const auto leaving = leaving_.insert(leaving_.end(), {std::move(*found), {}});
    servers_.erase(found);
    leaving->thread =
        std::thread{[this, leaving, &server, until = std::chrono::system_clock::now() + limit] {
          server.server().Shutdown(until);
          mailbox_->post_stream([this, leaving, &server] {  // behind those of its own streams
            if (streams_.closing) return;                   // shutdown() joins it
            connections_.forget_server(&server);
            leaving->thread.join();
            leaving_.erase(leaving);
          });
        }};
  }

  GrpcServer& make_server(std::unique_ptr<const Gate> gate,
                          std::shared_ptr<grpc::ServerCredentials> credentials) {
    auto server = std::make_unique<GrpcServer>(
        Caller{control_, *mailbox_, streams_, unread_, std::move(gate), audit_, {}},
        [this](v1::ListSocketsResponse& response) { list_sockets(response); },
        std::move(credentials), options_.limits, quota_);
    server->set_who([this, of = server.get()] { return connections_.who(of); });
    servers_.push_back(std::move(server));
    return *servers_.back();
  }

  void hand_over(common::UniqueFd fd, const Peer& peer, GrpcServer& server) {
    if (connections_.count(&server) >= options_.limits.connections_a_user) return;
    if (connections_.count_from(peer.address) >= options_.limits.connections_an_address) return;
    if (connections_.is_full()) {
      if (!std::exchange(was_full_, true)) {
        options_.report(common::Level::warn, "api: " + std::to_string(options_.limits.connections) +
                                                 " connections are open; more are closed at once");
      }
      return;
    }
    was_full_ = false;
    connections_.add(fd.get(), peer, &server);
    server.take(std::move(fd));
  }

  boost::asio::io_context& loop_;
  control::Control& control_;
  Options options_;
  std::shared_ptr<Mailbox> mailbox_;
  Unread unread_;
  grpc::ResourceQuota quota_{"api"};
  Connections connections_;
  bool was_full_ = false;
  control::Audit audit_{options_.report};
  OpenStreams streams_;
  v1::ListSocketsResponse sockets_;
  std::map<std::string, std::unique_ptr<Listener>> listeners_;  // by section
  std::map<std::string, std::shared_ptr<Remote>> remotes_;      // by section
  std::vector<std::unique_ptr<GrpcServer>> servers_;            // also those with old certificates
  std::map<PeerKey, GrpcServer*> by_peer_;
  /// Servers that get no more connections, and when those that they have must end.
  std::map<const void*, std::unique_ptr<boost::asio::steady_timer>> retired_;
  struct Leaving {
    std::unique_ptr<GrpcServer> server;
    std::thread thread;
  };
  std::list<Leaving> leaving_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

common::Result<void> check(const RemoteAccess& access) {
  if (!access.files.certificate.empty()) {
    if (const auto read = read_certificates(access.files); !read) return read.error();
  }
  if (!access.tokens_file.empty()) {
    if (auto error = TokenFile{access.tokens_file, [](const std::string&) {}}.check())
      return *std::move(error);
  }
  return {};
}

Server::Server(boost::asio::io_context& loop, control::Control& control, Options options)
    : parts_{std::make_unique<Parts>(loop, control, std::move(options))} {}

Server::~Server() { shutdown(std::chrono::milliseconds{0}); }

void Server::add_listener(common::UniqueFd socket, std::string name, Policy policy) {
  parts_->add_listener(std::move(socket), std::move(name), std::move(policy));
}

void Server::add_remote_listener(common::UniqueFd socket, std::string name, RemoteAccess access) {
  parts_->add_remote_listener(std::move(socket), std::move(name), std::move(access));
}

void Server::remove_listener(const std::string& name) { parts_->remove_listener(name); }

void Server::shutdown(std::chrono::milliseconds limit) { parts_->shutdown(limit); }

}  // namespace supervisord::api
