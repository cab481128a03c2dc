#include "supervisord/api/daemon_service.hpp"

#include "supervisord/api/convert.hpp"

namespace supervisord::api {

grpc::ServerUnaryReactor* DaemonService::GetDaemon(grpc::CallbackServerContext* context,
                                                   const v1::GetDaemonRequest* request,
                                                   v1::GetDaemonResponse* response) {
  return answer(caller_, Method::get_daemon, context, request, response, [this, response] {
    to_proto(caller_.control.daemon(), *response->mutable_daemon());
    return grpc::Status::OK;
  });
}

grpc::ServerUnaryReactor* DaemonService::Shutdown(grpc::CallbackServerContext* context,
                                                  const v1::ShutdownRequest* request,
                                                  v1::ShutdownResponse* response) {
  return answer(caller_, Method::shutdown, context, request, response,
                [this] { return to_status(caller_.control.shutdown()); });
}

grpc::ServerUnaryReactor* DaemonService::Reload(grpc::CallbackServerContext* context,
                                                const v1::ReloadRequest* request,
                                                v1::ReloadResponse* response) {
  return answer(caller_, Method::reload, context, request, response,
                [this] { return to_status(caller_.control.reload()); });
}

grpc::ServerUnaryReactor* DaemonService::ReopenLogs(grpc::CallbackServerContext* context,
                                                    const v1::ReopenLogsRequest* request,
                                                    v1::ReopenLogsResponse* response) {
  return answer(caller_, Method::reopen_logs, context, request, response,
                [this] { return to_status(caller_.control.reopen_logs()); });
}

grpc::ServerUnaryReactor* DaemonService::Upgrade(grpc::CallbackServerContext* context,
                                                 const v1::UpgradeRequest* request,
                                                 v1::UpgradeResponse* response) {
  return answer(caller_, Method::upgrade, context, request, response,
                [this] { return to_status(caller_.control.upgrade()); });
}

grpc::ServerUnaryReactor* DaemonService::ListSockets(grpc::CallbackServerContext* context,
                                                     const v1::ListSocketsRequest* request,
                                                     v1::ListSocketsResponse* response) {
  return answer(caller_, Method::list_sockets, context, request, response, [this, response] {
    sockets_(*response);
    return grpc::Status::OK;
  });
}

}  // namespace supervisord::api
