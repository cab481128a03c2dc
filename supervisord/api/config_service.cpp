#include "supervisord/api/config_service.hpp"

#include <algorithm>

#include "common/environment.hpp"
#include "common/utf8.hpp"
#include "supervisord/api/convert.hpp"
#include "supervisord/api/secrets.hpp"

namespace supervisord::api {
namespace {

using control::Ending;
using control::Fault;

/// reread() fails because of the files, or because the daemon ends.
Ending reread_ending(const control::Control& control, const common::Error& error) {
  const bool runs = control.daemon().state == control::DaemonState::running;
  return {runs ? Fault::cant_reread : Fault::shutdown_state, error.context};
}

enum class Secrets { masked, shown };

void add(std::string_view key, std::string_view value, v1::DescribeProcessResponse::Option& to) {
  to.set_key(common::to_utf8(key));
  to.set_value(common::to_utf8(value));
}

/// The environment by name, and as the text of the option.
void add_environment(const std::string& text, Secrets secrets,
                     v1::DescribeProcessResponse& response) {
  const auto parsed = common::parse_environment(text);
  auto variables = parsed ? *parsed : common::Environment{};  // else nothing of it is shown
  std::ranges::sort(variables);
  std::string shown;
  for (auto& [name, value] : variables) {
    if (secrets == Secrets::masked) value = masked(name, value);
    add(name, value, *response.add_environment());
    shown += (shown.empty() ? "" : ",") + name + "=\"" + value + "\"";
  }
  add("environment", secrets == Secrets::shown ? text : shown, *response.add_options());
}

grpc::Status describe(const control::Control& control, const v1::DescribeProcessRequest& request,
                      v1::DescribeProcessResponse& response) {
  const auto options = control.describe(request.process());
  if (!options) return to_status(ending_of(options.error()));
  const Secrets secrets = request.show_secrets() ? Secrets::shown : Secrets::masked;
  for (const auto& [key, value] : *options) {
    if (key == "environment") {
      add_environment(value, secrets, response);
    } else {
      add(key, secrets == Secrets::masked ? masked(key, value) : value, *response.add_options());
    }
  }
  const auto ends = control.run_ends(request.process());
  for (auto end = ends.rbegin(); end != ends.rend(); ++end)
    to_proto(*end, *response.add_run_ends());
  return grpc::Status::OK;
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
                  if (request->show_secrets() && role < Role::admin)
                    return grpc::Status{grpc::StatusCode::PERMISSION_DENIED,
                                        "secrets are shown to admins only"};
                  return describe(caller_.control, *request, *response);
                });
}

}  // namespace supervisord::api
