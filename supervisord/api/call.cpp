#include "supervisord/api/call.hpp"

#include <string>

namespace supervisord::api {

std::optional<grpc::Status> Caller::refusal(Method method,
                                            const grpc::CallbackServerContext& context) const {
  if (!credentials.username.empty()) {
    const auto& fields = context.client_metadata();
    const auto field = fields.find("authorization");
    const bool known =
        field != fields.end() && bears({field->second.data(), field->second.size()}, credentials);
    if (!known)
      return grpc::Status{grpc::StatusCode::UNAUTHENTICATED, "username and password are required"};
  }
  if (!may(role, method)) {
    return grpc::Status{grpc::StatusCode::PERMISSION_DENIED,
                        "this needs the role " + std::string{role_name(role_needed(method))} +
                            ", and you have " + std::string{role_name(role)}};
  }
  return std::nullopt;
}

}  // namespace supervisord::api
