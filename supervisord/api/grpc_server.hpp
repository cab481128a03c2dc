// One grpc::Server over all services, fed with accepted connections. Its callers are told apart by
// its gate. The Server owns it; made and destroyed on the loop.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>

#include "common/unique_fd.hpp"
#include "supervisord/api/certificates.hpp"
#include "supervisord/api/config_service.hpp"
#include "supervisord/api/daemon_service.hpp"
#include "supervisord/api/event_service.hpp"
#include "supervisord/api/log_service.hpp"
#include "supervisord/api/process_service.hpp"
#include "supervisord/api/server.hpp"

namespace supervisord::api {

class GrpcServer {
 public:
  GrpcServer(Caller caller, const SocketLister& sockets,
             std::shared_ptr<grpc::ServerCredentials> credentials, const Limits& limits,
             const grpc::ResourceQuota& quota);
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  /// Before the first connection.
  void set_who(std::function<std::string()> who) { caller_.who = std::move(who); }
  void take(common::UniqueFd connection);
  grpc::Server& server() { return *server_; }
  const Caller& caller() const { return caller_; }

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

/// TLS 1.2 or later. With client_ca a certificate of the client is required, or, with
/// `certificate_is_optional`, checked when it is shown.
std::shared_ptr<grpc::ServerCredentials> tls_credentials(Certificates certificates,
                                                         bool certificate_is_optional);

}  // namespace supervisord::api
