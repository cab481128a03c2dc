// supervisor.v1.ConfigService on the daemon's Control. One for each grpc::Server.
#pragma once

#include "supervisor/v1/daemon.grpc.pb.h"
#include "supervisord/api/call.hpp"

namespace supervisord::api {

namespace v1 = ::supervisor::v1;

class ConfigService final : public v1::ConfigService::CallbackService {
 public:
  explicit ConfigService(Caller& caller) : caller_{caller} {}

  grpc::ServerUnaryReactor* Reread(grpc::CallbackServerContext* context,
                                   const v1::RereadRequest* request,
                                   v1::RereadResponse* response) override;
  grpc::ServerWriteReactor<v1::UpdateGroupsResponse>* UpdateGroups(
      grpc::CallbackServerContext* context, const v1::UpdateGroupsRequest* request) override;
  grpc::ServerUnaryReactor* AddGroup(grpc::CallbackServerContext* context,
                                     const v1::AddGroupRequest* request,
                                     v1::AddGroupResponse* response) override;
  grpc::ServerUnaryReactor* RemoveGroup(grpc::CallbackServerContext* context,
                                        const v1::RemoveGroupRequest* request,
                                        v1::RemoveGroupResponse* response) override;
  grpc::ServerUnaryReactor* ListAvailable(grpc::CallbackServerContext* context,
                                          const v1::ListAvailableRequest* request,
                                          v1::ListAvailableResponse* response) override;
  grpc::ServerUnaryReactor* DescribeProcess(grpc::CallbackServerContext* context,
                                            const v1::DescribeProcessRequest* request,
                                            v1::DescribeProcessResponse* response) override;

 private:
  Caller& caller_;
};

}  // namespace supervisord::api
