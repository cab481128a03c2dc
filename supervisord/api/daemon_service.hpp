// supervisor.v1.DaemonService on the daemon's Control. One for each grpc::Server.
#pragma once

#include <functional>

#include "supervisor/v1/daemon.grpc.pb.h"
#include "supervisord/api/call.hpp"

namespace supervisord::api {

namespace v1 = ::supervisor::v1;

/// The sockets to list; called on the loop.
using SocketLister = std::function<void(v1::ListSocketsResponse&)>;

class DaemonService final : public v1::DaemonService::CallbackService {
 public:
  DaemonService(Caller& caller, SocketLister sockets)
      : caller_{caller}, sockets_{std::move(sockets)} {}

  grpc::ServerUnaryReactor* GetDaemon(grpc::CallbackServerContext* context,
                                      const v1::GetDaemonRequest* request,
                                      v1::GetDaemonResponse* response) override;
  grpc::ServerUnaryReactor* Shutdown(grpc::CallbackServerContext* context,
                                     const v1::ShutdownRequest* request,
                                     v1::ShutdownResponse* response) override;
  grpc::ServerUnaryReactor* Reload(grpc::CallbackServerContext* context,
                                   const v1::ReloadRequest* request,
                                   v1::ReloadResponse* response) override;
  grpc::ServerUnaryReactor* ReopenLogs(grpc::CallbackServerContext* context,
                                       const v1::ReopenLogsRequest* request,
                                       v1::ReopenLogsResponse* response) override;
  grpc::ServerUnaryReactor* Upgrade(grpc::CallbackServerContext* context,
                                    const v1::UpgradeRequest* request,
                                    v1::UpgradeResponse* response) override;
  grpc::ServerUnaryReactor* ListSockets(grpc::CallbackServerContext* context,
                                        const v1::ListSocketsRequest* request,
                                        v1::ListSocketsResponse* response) override;

 private:
  Caller& caller_;
  SocketLister sockets_;
};

}  // namespace supervisord::api
