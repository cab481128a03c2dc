// supervisor.v1.ProcessService on the daemon's Control. One for each grpc::Server.
#pragma once

#include "supervisor/v1/process.grpc.pb.h"
#include "supervisord/api/call.hpp"

namespace supervisord::api {

namespace v1 = ::supervisor::v1;

/// The answers with a row for each process go as bytes (bytes.hpp).
using ProcessServiceBase = v1::ProcessService::WithRawCallbackMethod_ListProcesses<
    v1::ProcessService::WithRawCallbackMethod_WatchProcesses<v1::ProcessService::CallbackService>>;

class ProcessService final : public ProcessServiceBase {
 public:
  explicit ProcessService(Caller& caller) : caller_{caller} {}

  using ProcessServiceBase::ListProcesses;
  using ProcessServiceBase::WatchProcesses;
  grpc::ServerUnaryReactor* ListProcesses(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchProcesses(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<v1::StartProcessesResponse>* StartProcesses(
      grpc::CallbackServerContext* context, const v1::StartProcessesRequest* request) override;
  grpc::ServerWriteReactor<v1::StopProcessesResponse>* StopProcesses(
      grpc::CallbackServerContext* context, const v1::StopProcessesRequest* request) override;
  grpc::ServerWriteReactor<v1::RestartProcessesResponse>* RestartProcesses(
      grpc::CallbackServerContext* context, const v1::RestartProcessesRequest* request) override;
  grpc::ServerUnaryReactor* SignalProcesses(grpc::CallbackServerContext* context,
                                            const v1::SignalProcessesRequest* request,
                                            v1::SignalProcessesResponse* response) override;
  grpc::ServerUnaryReactor* ListUsage(grpc::CallbackServerContext* context,
                                      const v1::ListUsageRequest* request,
                                      v1::ListUsageResponse* response) override;
  grpc::ServerUnaryReactor* SendProcessStdin(grpc::CallbackServerContext* context,
                                             const v1::SendProcessStdinRequest* request,
                                             v1::SendProcessStdinResponse* response) override;

 private:
  Caller& caller_;
};

}  // namespace supervisord::api
