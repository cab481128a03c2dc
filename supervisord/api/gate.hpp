// Who makes a call and what they may, told by the connection, a password, a token or a client
// certificate. One gate for each grpc::Server, const after its making; called on gRPC's threads.
#pragma once

#include <grpcpp/server_context.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "supervisord/api/access.hpp"
#include "supervisord/api/tokens.hpp"

namespace supervisord::api {

struct Identity {
  Role role = Role::read;
  std::string name;       // "token ci", "certificate deploy", "user me"; "": the connection's peer
  bool is_known = false;  // and so is the role
};

/// `status` is OK and then `identity` counts, or says why nobody was recognized.
struct Admission {
  grpc::Status status;
  Identity identity;
};

class Gate {
 public:
  virtual ~Gate() = default;
  virtual Admission admit(const grpc::CallbackServerContext& context) const = 0;
};

/// All calls have the role of their connection, once they bear the password that its section asks
/// for. No role: the peer is not among those that the section allows.
class PeerGate final : public Gate {
 public:
  PeerGate(std::optional<Role> role, Credentials credentials)
      : role_{role}, credentials_{std::move(credentials)} {}
  Admission admit(const grpc::CallbackServerContext& context) const override;

 private:
  std::optional<Role> role_;
  Credentials credentials_;
};

/// [grpc_server]: a token's role, else the client certificate's.
class RemoteGate final : public Gate {
 public:
  struct Rules {
    std::shared_ptr<TokenFile> tokens;  // null: none
    bool asks_for_certificates = false;
    std::vector<config::Allowed> allow_users;   // common name or alternative name; "*" is any
    std::vector<config::Allowed> allow_groups;  // organization
  };
  explicit RemoteGate(Rules rules) : rules_{std::move(rules)} {}
  Admission admit(const grpc::CallbackServerContext& context) const override;

 private:
  Rules rules_;
};

/// The values of O in a distinguished name as RFC 2253 writes it: "CN=x,O=a\, b,C=DE".
std::vector<std::string> organizations_of(std::string_view subject);

}  // namespace supervisord::api
