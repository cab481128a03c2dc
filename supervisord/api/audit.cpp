#include "supervisord/api/audit.hpp"

#include <google/protobuf/descriptor.h>

namespace supervisord::api {
namespace {

namespace pb = google::protobuf;
using control::audit_word;
using control::longest_audit_text;

void add_field(std::string& out, const pb::Message& message, const pb::FieldDescriptor& field) {
  const pb::Reflection& reflection = *message.GetReflection();
  if (field.cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) return;
  if (field.cpp_type() == pb::FieldDescriptor::CPPTYPE_BOOL) {
    if (reflection.GetBool(message, &field)) out += " " + field.name();
    return;
  }
  if (field.cpp_type() != pb::FieldDescriptor::CPPTYPE_STRING) return;
  if (field.is_repeated()) {
    const int size = reflection.FieldSize(message, &field);
    for (int at = 0; at < size && out.size() < longest_audit_text; ++at)
      out += " " + audit_word(reflection.GetRepeatedString(message, &field, at));
    return;
  }
  const std::string text = reflection.GetString(message, &field);
  if (field.type() == pb::FieldDescriptor::TYPE_BYTES) {
    out += " (" + std::to_string(text.size()) + " bytes)";
  } else if (!text.empty()) {
    out += " " + audit_word(text);
  }
}

std::string_view code_name(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNAUTHENTICATED: return "UNAUTHENTICATED";
    case grpc::StatusCode::PERMISSION_DENIED: return "PERMISSION_DENIED";
    case grpc::StatusCode::RESOURCE_EXHAUSTED: return "RESOURCE_EXHAUSTED";
    case grpc::StatusCode::CANCELLED: return "CANCELLED";
    default: return "";  // the message begins with the fault's name
  }
}

}  // namespace

std::string reason_of(const grpc::Status& status) {
  if (status.ok()) return "";
  const std::string_view name = code_name(status.error_code());
  // A message may have lines of its own: a configuration's errors.
  const std::string message = control::audit_reason(status.error_message());
  return name.empty() ? message : std::string{name} + " (" + message + ")";
}

void count(const ::supervisor::v1::Outcome& outcome, control::Tally& tally) {
  if (outcome.fault() == ::supervisor::v1::FAULT_UNSPECIFIED) {
    ++tally.well;
    return;
  }
  constexpr std::string_view prefix = "FAULT_";
  tally.count_bad(::supervisor::v1::Fault_Name(outcome.fault()).substr(prefix.size()) + " " +
                  outcome.group() + ":" + outcome.process());
}

std::string what_of(std::string_view method, const pb::Message& request) {
  std::string out{method};
  const pb::Descriptor& type = *request.GetDescriptor();
  for (int at = 0; at < type.field_count() && out.size() < longest_audit_text; ++at)
    add_field(out, request, *type.field(at));
  return out;
}

}  // namespace supervisord::api
