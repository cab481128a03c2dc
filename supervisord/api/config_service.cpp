#include "supervisord/api/config_service.hpp"

#include "common/utf8.hpp"
#include "supervisord/api/convert.hpp"

namespace supervisord::api {
namespace {

using control::Ending;
using control::Fault;

/// reread() fails because of the files, or because the daemon ends.
Ending reread_ending(const control::Control& control, const common::Error& error) {
  const bool runs = control.daemon().state == control::DaemonState::running;
  return {runs ? Fault::cant_reread : Fault::shutdown_state, error.context};
}

bool is_secret(std::string_view key) {
  return key == "environment" || key.find("password") != std::string_view::npos;
}

}  // namespace

grpc::ServerUnaryReactor* ConfigService::Reread(grpc::CallbackServerContext* context,
                                                const v1::RereadRequest* request,
                                                v1::RereadResponse* response) {
  return answer(caller_, Method::reread, context, request, response, [this, response] {
    const auto changes = caller_.control.reread();
    if (!changes) return to_status(reread_ending(caller_.control, changes.error()));
    response->mutable_added()->Assign((*changes).added.begin(), (*changes).added.end());
    response->mutable_changed()->Assign((*changes).changed.begin(), (*changes).changed.end());
    response->mutable_removed()->Assign((*changes).removed.begin(), (*changes).removed.end());
    return grpc::Status::OK;
  });
}

grpc::ServerWriteReactor<v1::UpdateGroupsResponse>* ConfigService::UpdateGroups(
    grpc::CallbackServerContext* context, const v1::UpdateGroupsRequest* request) {
  using Response = v1::UpdateGroupsResponse;
  return stream<Response>(
      caller_, Method::update_groups, context, request, [this, request](Stream<Response>& stream) {
        const auto changes = caller_.control.reread();
        if (!changes)
          return stream.finish(to_status(reread_ending(caller_.control, changes.error())));
        stream.keep(caller_.control.update(
            {request->groups().begin(), request->groups().end()},
            [&stream](const control::UpdateProgress& progress) {
              Response response;
              response.set_group(progress.group);
              response.set_step(to_proto(progress.step));
              response.set_detail(common::to_utf8(progress.detail));
              stream.send(std::move(response));
            },
            [&stream](const Ending& ending) { stream.finish(to_status(ending)); }));
      });
}

grpc::ServerUnaryReactor* ConfigService::AddGroup(grpc::CallbackServerContext* context,
                                                  const v1::AddGroupRequest* request,
                                                  v1::AddGroupResponse* response) {
  return answer(caller_, Method::add_group, context, request, response,
                [this, request] { return to_status(caller_.control.add_group(request->group())); });
}

grpc::ServerUnaryReactor* ConfigService::RemoveGroup(grpc::CallbackServerContext* context,
                                                     const v1::RemoveGroupRequest* request,
                                                     v1::RemoveGroupResponse* response) {
  return answer(caller_, Method::remove_group, context, request, response, [this, request] {
    return to_status(caller_.control.remove_group(request->group()));
  });
}

grpc::ServerUnaryReactor* ConfigService::ListAvailable(grpc::CallbackServerContext* context,
                                                       const v1::ListAvailableRequest* request,
                                                       v1::ListAvailableResponse* response) {
  return answer(caller_, Method::list_available, context, request, response, [this, response] {
    if (caller_.control.daemon().state != control::DaemonState::running)
      return to_status({Fault::shutdown_state, ""});
    for (const auto& process : caller_.control.available())
      to_proto(process, *response->add_processes());
    return grpc::Status::OK;
  });
}

grpc::ServerUnaryReactor* ConfigService::DescribeProcess(grpc::CallbackServerContext* context,
                                                         const v1::DescribeProcessRequest* request,
                                                         v1::DescribeProcessResponse* response) {
  return answer(caller_, Method::describe_process, context, request, response,
                [this, request, response](Role role) {
                  const auto options = caller_.control.describe(request->process());
                  if (!options) return to_status(ending_of(options.error()));
                  for (const auto& [key, value] : *options) {
                    auto& option = *response->add_options();
                    option.set_key(key);
                    option.set_value(role < Role::admin && is_secret(key) ? "(hidden)"
                                                                          : common::to_utf8(value));
                  }
                  return grpc::Status::OK;
                });
}

}  // namespace supervisord::api
