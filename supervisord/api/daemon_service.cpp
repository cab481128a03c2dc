#include "supervisord/api/daemon_service.hpp"

#include "supervisord/api/convert.hpp"

namespace supervisord::api {

grpc::ServerUnaryReactor* DaemonService::GetDaemon(grpc::CallbackServerContext* context,
                                                   const v1::GetDaemonRequest*,
                                                   v1::GetDaemonResponse* response) {
  return answer(caller_, Method::get_daemon, context, [this, response] {
    to_proto(caller_.control.daemon(), *response->mutable_daemon());
    return grpc::Status::OK;
  });
}

grpc::ServerUnaryReactor* DaemonService::Shutdown(grpc::CallbackServerContext* context,
                                                  const v1::ShutdownRequest*,
                                                  v1::ShutdownResponse*) {
  return answer(caller_, Method::shutdown, context,
                [this] { return to_status(caller_.control.shutdown()); });
}

grpc::ServerUnaryReactor* DaemonService::Reload(grpc::CallbackServerContext* context,
                                                const v1::ReloadRequest*, v1::ReloadResponse*) {
  return answer(caller_, Method::reload, context,
                [this] { return to_status(caller_.control.reload()); });
}

grpc::ServerUnaryReactor* DaemonService::ReopenLogs(grpc::CallbackServerContext* context,
                                                    const v1::ReopenLogsRequest*,
                                                    v1::ReopenLogsResponse*) {
  return answer(caller_, Method::reopen_logs, context,
                [this] { return to_status(caller_.control.reopen_logs()); });
}

grpc::ServerUnaryReactor* DaemonService::Upgrade(grpc::CallbackServerContext* context,
                                                 const v1::UpgradeRequest*, v1::UpgradeResponse*) {
  return answer(caller_, Method::upgrade, context,
                [this] { return to_status(caller_.control.upgrade()); });
}

grpc::ServerUnaryReactor* DaemonService::ListSockets(grpc::CallbackServerContext* context,
                                                     const v1::ListSocketsRequest*,
                                                     v1::ListSocketsResponse* response) {
  return answer(caller_, Method::list_sockets, context, [this, response] {
    sockets_(*response);
    return grpc::Status::OK;
  });
}

}  // namespace supervisord::api
