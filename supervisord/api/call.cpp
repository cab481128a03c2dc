#include "supervisord/api/call.hpp"

#include <boost/algorithm/string/replace.hpp>

namespace supervisord::api {
namespace {

/// "ipv4:10.0.0.1:4711", "ipv6:%5B::1%5D:4711" as a person writes them; "" for a Unix socket.
std::string address_of(std::string peer) {
  if (peer.starts_with("unix:")) return "";
  const auto colon = peer.find(':');
  peer.erase(0, colon == std::string::npos ? 0 : colon + 1);
  boost::algorithm::replace_all(peer, "%5B", "[");
  boost::algorithm::replace_all(peer, "%5D", "]");
  return peer;
}

}  // namespace

Admission Caller::admit(Method method, const grpc::CallbackServerContext& context) const {
  Admission admission = gate->admit(context);
  if (admission.status.ok() && !may(admission.identity.role, method)) {
    admission.status = {grpc::StatusCode::PERMISSION_DENIED,
                        "this needs the role " + std::string{role_name(row_of(method).needs)} +
                            ", and you have " + std::string{role_name(admission.identity.role)}};
  }
  return admission;
}

void Caller::tell_refusal(Method method, const google::protobuf::Message& request,
                          const Admission& admission, const std::string& peer) {
  mailbox.post([this, what = what_of(row_of(method).name, request), admission, peer] {
    audit.refused({audit_way, what, text_of(admission.identity, peer)},
                  reason_of(admission.status));
  });
}

std::string Caller::text_of(const Identity& identity, const std::string& peer) const {
  const std::string address = address_of(peer);
  const std::string from = address.empty() ? who() : address;
  const std::string out = identity.name.empty() ? from : identity.name + " from " + from;
  return identity.is_known ? out + " as " + std::string{role_name(identity.role)} : out;
}

void tell(Caller& caller, const Change& change, const grpc::Status& status) {
  caller.audit.ended({audit_way, change.what, change.who}, reason_of(status), change.tally);
}

}  // namespace supervisord::api
