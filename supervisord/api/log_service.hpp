// supervisor.v1.LogService on the daemon's Control. One for each grpc::Server.
#pragma once

#include "supervisor/v1/log.grpc.pb.h"
#include "supervisord/api/call.hpp"

namespace supervisord::api {

namespace v1 = ::supervisor::v1;

class LogService final : public v1::LogService::CallbackService {
 public:
  explicit LogService(Caller& caller) : caller_{caller} {}

  grpc::ServerWriteReactor<v1::ReadLogResponse>* ReadLog(
      grpc::CallbackServerContext* context, const v1::ReadLogRequest* request) override;
  grpc::ServerWriteReactor<v1::FollowLogResponse>* FollowLog(
      grpc::CallbackServerContext* context, const v1::FollowLogRequest* request) override;
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
