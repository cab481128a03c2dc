#include "supervisord/api/server.hpp"

#include <arpa/inet.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <map>
#include <thread>
#include <vector>

#include "supervisord/api/config_service.hpp"
#include "supervisord/api/daemon_service.hpp"
#include "supervisord/api/event_service.hpp"
#include "supervisord/api/listener.hpp"
#include "supervisord/api/log_service.hpp"
#include "supervisord/api/mailbox.hpp"
#include "supervisord/api/process_service.hpp"

namespace supervisord::api {
namespace {

/// One grpc::Server: its peers all have one role and must know the same password.
class RoleServer {
 public:
  RoleServer(Caller caller, const SocketLister& sockets)
      : caller_{std::move(caller)},
        daemon_{caller_, sockets},
        config_{caller_},
        process_{caller_},
        log_{caller_},
        event_{caller_} {
    grpc::ServerBuilder builder;
    // The only synchronous service is reflection: one thread waits for it.
    builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
    for (grpc::Service* const service :
         std::initializer_list<grpc::Service*>{&daemon_, &config_, &process_, &log_, &event_}) {
      builder.RegisterService(service);
    }
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        grpc::InsecureServerCredentials());
    server_ = builder.BuildAndStart();
  }

  void take(common::UniqueFd connection) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.fd = connection.release();
    acceptor_->HandleNewConnection(&parameters);
  }
  grpc::Server& server() { return *server_; }

 private:
  Caller caller_;
  DaemonService daemon_;
  ConfigService config_;
  ProcessService process_;
  LogService log_;
  EventService event_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
};

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

class Server::Parts {
 public:
  Parts(boost::asio::io_context& loop, control::Control& control, Options options)
      : loop_{loop},
        control_{control},
        options_{std::move(options)},
        mailbox_{std::make_shared<Mailbox>(loop)} {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  }

  void add_listener(common::UniqueFd socket, std::string name, Policy policy) {
    v1::Socket& row = *sockets_.add_sockets();
    row.set_kind(v1::Socket::KIND_CONTROL);
    row.set_name(std::move(name));
    row.set_address(address_of(socket.get()));
    auto handlers = Listener::Handlers{
        .grpc = [this, policy](common::UniqueFd fd,
                               const Peer& peer) { take_grpc(std::move(fd), peer, policy); },
        .http =
            [this, credentials = policy.credentials](common::UniqueFd fd, const Peer& peer) {
              options_.http({std::move(fd), peer, credentials});
            }};
    listeners_[row.name()] = std::make_unique<Listener>(
        loop_, std::move(socket), options_.greeting_limit, std::move(handlers));
  }

  void remove_listener(const std::string& name) {
    listeners_.erase(name);
    auto& rows = *sockets_.mutable_sockets();
    rows.erase(std::remove_if(rows.begin(), rows.end(),
                              [&](const v1::Socket& row) { return row.name() == name; }),
               rows.end());
  }

  void shutdown(std::chrono::milliseconds limit) {
    listeners_.clear();
    sockets_.Clear();
    streams_.closing = true;
    for (OpenStream* const stream :
         std::vector<OpenStream*>{streams_.open.begin(), streams_.open.end()}) {
      stream->go_away();
    }
    // gRPC's threads wait for letters, and Shutdown for gRPC's threads: so it waits beside the
    // loop.
    std::thread waiting{[this, until = std::chrono::system_clock::now() + limit] {
      for (auto& [key, role_server] : servers_) role_server->server().Shutdown(until);
      mailbox_->stop();
    }};
    mailbox_->run_until_stopped();
    waiting.join();
    servers_.clear();
  }

 private:
  void take_grpc(common::UniqueFd fd, const Peer& peer, const Policy& policy) {
    const auto role = policy.role(peer);
    if (!role) return;  // refused: closed
    auto& role_server = servers_[{*role, policy.credentials}];
    if (!role_server) {  // most daemons need one role only, and start faster without the others
      role_server = std::make_unique<RoleServer>(
          Caller{control_, *mailbox_, streams_, *role, policy.credentials},
          [this](v1::ListSocketsResponse& response) { response = sockets_; });
    }
    role_server->take(std::move(fd));
  }

  boost::asio::io_context& loop_;
  control::Control& control_;
  Options options_;
  std::shared_ptr<Mailbox> mailbox_;
  OpenStreams streams_;
  v1::ListSocketsResponse sockets_;
  std::map<std::string, std::unique_ptr<Listener>> listeners_;  // by section
  std::map<std::pair<Role, Credentials>, std::unique_ptr<RoleServer>> servers_;
};

Server::Server(boost::asio::io_context& loop, control::Control& control, Options options)
    : parts_{std::make_unique<Parts>(loop, control, std::move(options))} {}

Server::~Server() { shutdown(std::chrono::milliseconds{0}); }

void Server::add_listener(common::UniqueFd socket, std::string name, Policy policy) {
  parts_->add_listener(std::move(socket), std::move(name), std::move(policy));
}

void Server::remove_listener(const std::string& name) { parts_->remove_listener(name); }

void Server::shutdown(std::chrono::milliseconds limit) { parts_->shutdown(limit); }

}  // namespace supervisord::api
