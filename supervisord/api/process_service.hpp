// supervisor.v1.ProcessService on the daemon's Control. One for each grpc::Server.
#pragma once

#include "supervisor/v1/process.grpc.pb.h"
#include "supervisord/api/call.hpp"

namespace supervisord::api {

namespace v1 = ::supervisor::v1;

class ProcessService final : public v1::ProcessService::CallbackService {
 public:
  explicit ProcessService(Caller& caller) : caller_{caller} {}

  grpc::ServerUnaryReactor* ListProcesses(grpc::CallbackServerContext* context,
                                          const v1::ListProcessesRequest* request,
                                          v1::ListProcessesResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchProcessesResponse>* WatchProcesses(
      grpc::CallbackServerContext* context, const v1::WatchProcessesRequest* request) override;
  grpc::ServerWriteReactor<v1::StartProcessesResponse>* StartProcesses(
      grpc::CallbackServerContext* context, const v1::StartProcessesRequest* request) override;
  grpc::ServerWriteReactor<v1::StopProcessesResponse>* StopProcesses(
      grpc::CallbackServerContext* context, const v1::StopProcessesRequest* request) override;
  grpc::ServerWriteReactor<v1::RestartProcessesResponse>* RestartProcesses(
      grpc::CallbackServerContext* context, const v1::RestartProcessesRequest* request) override;
  grpc::ServerUnaryReactor* SignalProcesses(grpc::CallbackServerContext* context,
                                            const v1::SignalProcessesRequest* request,
                                            v1::SignalProcessesResponse* response) override;
  grpc::ServerUnaryReactor* SendProcessStdin(grpc::CallbackServerContext* context,
                                             const v1::SendProcessStdinRequest* request,
                                             v1::SendProcessStdinResponse* response) override;

 private:
  Caller& caller_;
};

}  // namespace supervisord::api
