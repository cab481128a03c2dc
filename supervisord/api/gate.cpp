#include "supervisord/api/gate.hpp"

#include <algorithm>

namespace supervisord::api {
namespace {

Admission refuse(grpc::StatusCode code, const std::string& text) {
  return {grpc::Status{code, text}, {}};
}

std::optional<std::string_view> authorization_of(const grpc::CallbackServerContext& context) {
  const auto& fields = context.client_metadata();
  const auto field = fields.find("authorization");
  if (field == fields.end()) return std::nullopt;
  return std::string_view{field->second.data(), field->second.size()};
}

std::vector<std::string> values_of(const grpc::AuthContext& context, const char* property) {
  std::vector<std::string> out;
  for (const auto& value : context.FindPropertyValues(property))
    out.emplace_back(value.data(), value.size());
  return out;
}

/// The highest of those that the names have.
void raise(std::optional<Role>& role, const std::vector<config::Allowed>& allowed,
           const std::vector<std::string>& names) {
  for (const config::Allowed& each : allowed) {
    const bool fits = each.name == "*" || std::ranges::find(names, each.name) != names.end();
    if (fits && (!role || *role < each.role)) role = each.role;
  }
}

}  // namespace

Admission PeerGate::admit(const grpc::CallbackServerContext& context) const {
  Identity identity;
  if (!credentials_.username.empty()) {
    const auto given = authorization_of(context);
    if (!given || !bears(*given, credentials_))
      return refuse(grpc::StatusCode::UNAUTHENTICATED, "username and password are required");
    identity.name = "user " + credentials_.username;
  }
  if (!role_) {
    return refuse(grpc::StatusCode::PERMISSION_DENIED,
                  "your user is not among those that allow_users and allow_groups let in");
  }
  identity.role = *role_;
  identity.is_known = true;
  return {grpc::Status::OK, std::move(identity)};
}

Admission RemoteGate::admit(const grpc::CallbackServerContext& context) const {
  if (const auto given = authorization_of(context); given && rules_.tokens) {
    const auto token = rules_.tokens->find(*given);
    if (!token) return refuse(grpc::StatusCode::UNAUTHENTICATED, "this token is not known");
    return {grpc::Status::OK, {token->role, "token " + token->name, true}};
  }
  const auto authentication = context.auth_context();
  if (rules_.asks_for_certificates && authentication && authentication->IsPeerAuthenticated()) {
    std::optional<Role> role;
    auto names = values_of(*authentication, GRPC_X509_CN_PROPERTY_NAME);
    for (auto& name : values_of(*authentication, GRPC_X509_SAN_PROPERTY_NAME))
      names.push_back(std::move(name));
    raise(role, rules_.allow_users, names);
    for (const auto& subject : values_of(*authentication, GRPC_X509_SUBJECT_PROPERTY_NAME))
      raise(role, rules_.allow_groups, organizations_of(subject));
    const std::string name = "certificate " + (names.empty() ? "without a name" : names.front());
    if (role) return {grpc::Status::OK, {*role, name, true}};
    return refuse(grpc::StatusCode::PERMISSION_DENIED,
                  name + " is not among those that allow_users and allow_groups let in");
  }
  // On loopback only: the configuration sees to that.
  if (!rules_.tokens && !rules_.asks_for_certificates)
    return {grpc::Status::OK, {Role::admin, "", true}};
  return refuse(grpc::StatusCode::UNAUTHENTICATED,
                rules_.tokens ? "a token is required" : "a client certificate is required");
}

std::vector<std::string> organizations_of(std::string_view subject) {
  std::vector<std::string> out;
  std::string part;
  const auto end_part = [&] {
    if (part.starts_with("O=")) out.push_back(part.substr(2));
    part.clear();
  };
  for (std::size_t at = 0; at < subject.size(); ++at) {
    if (subject[at] == '\\' && at + 1 < subject.size()) {
      part += subject[++at];
    } else if (subject[at] == ',' || subject[at] == '+') {
      end_part();
    } else {
      part += subject[at];
    }
  }
  end_part();
  return out;
}

}  // namespace supervisord::api
