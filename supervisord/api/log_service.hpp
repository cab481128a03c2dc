// supervisor.v1.LogService on the daemon's Control. One for each grpc::Server.
#pragma once

#include "supervisor/v1/log.grpc.pb.h"
#include "supervisord/api/call.hpp"

namespace supervisord::api {

namespace v1 = ::supervisor::v1;

/// FollowLog's messages are made of shared bytes (log_frame.hpp), not by protobuf.
using LogServiceBase =
    v1::LogService::WithRawCallbackMethod_FollowLog<v1::LogService::CallbackService>;

class LogService final : public LogServiceBase {
 public:
  explicit LogService(Caller& caller) : caller_{caller} {}

  using LogServiceBase::FollowLog;

  grpc::ServerWriteReactor<v1::ReadLogResponse>* ReadLog(
      grpc::CallbackServerContext* context, const v1::ReadLogRequest* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* FollowLog(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* ClearProcessLogs(grpc::CallbackServerContext* context,
                                             const v1::ClearProcessLogsRequest* request,
                                             v1::ClearProcessLogsResponse* response) override;
  grpc::ServerUnaryReactor* ClearMainLog(grpc::CallbackServerContext* context,
                                         const v1::ClearMainLogRequest* request,
                                         v1::ClearMainLogResponse* response) override;

 private:
  Caller& caller_;
};

}  // namespace supervisord::api
