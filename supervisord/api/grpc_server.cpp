#include "supervisord/api/grpc_server.hpp"

#include <grpcpp/health_check_service_interface.h>

#include <initializer_list>

namespace supervisord::api {
namespace {

int milliseconds(std::chrono::milliseconds time) { return static_cast<int>(time.count()); }

}  // namespace

GrpcServer::GrpcServer(Caller caller, const SocketLister& sockets,
                       std::shared_ptr<grpc::ServerCredentials> credentials, const Limits& limits,
                       const grpc::ResourceQuota& quota)
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
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(limits.message_bytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits.streams_a_connection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, milliseconds(limits.handshake));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(limits.keepalive));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(limits.keepalive_answer));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  for (grpc::Service* const service :
       std::initializer_list<grpc::Service*>{&daemon_, &config_, &process_, &log_, &event_}) {
    builder.RegisterService(service);
  }
  acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      std::move(credentials));
  server_ = builder.BuildAndStart();
  for (const char* const name :
       {v1::DaemonService::service_full_name(), v1::ConfigService::service_full_name(),
        v1::ProcessService::service_full_name(), v1::LogService::service_full_name(),
        v1::EventService::service_full_name()}) {
    server_->GetHealthCheckService()->SetServingStatus(name, true);
  }
}

void GrpcServer::take(common::UniqueFd connection) {
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.fd = connection.release();
  acceptor_->HandleNewConnection(&parameters);
}

std::shared_ptr<grpc::ServerCredentials> tls_credentials(Certificates certificates,
                                                         bool certificate_is_optional) {
  const auto request = certificates.client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                       : certificate_is_optional
                           ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY
                           : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  grpc::SslServerCredentialsOptions options{request};
  options.pem_root_certs = std::move(certificates.client_ca);
  options.pem_key_cert_pairs.push_back(
      {std::move(certificates.key), std::move(certificates.certificate)});
  return grpc::SslServerCredentials(options);
}

}  // namespace supervisord::api
