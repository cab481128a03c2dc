#include "supervisord/api/audit.hpp"

#include <google/protobuf/descriptor.h>

#include "common/repr.hpp"

namespace supervisord::api {
namespace {

namespace pb = google::protobuf;
constexpr std::size_t longest_text = 200;

/// A client's text as one word of a log line.
std::string word_of(const std::string& text) {
  const bool is_plain = !text.empty() && text.find_first_not_of(
                                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                             "0123456789_-.:*@/") == std::string::npos;
  return is_plain ? text : common::repr(text.substr(0, longest_text));
}

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
    for (int at = 0; at < size && out.size() < longest_text; ++at)
      out += " " + word_of(reflection.GetRepeatedString(message, &field, at));
    return;
  }
  const std::string text = reflection.GetString(message, &field);
  if (field.type() == pb::FieldDescriptor::TYPE_BYTES) {
    out += " (" + std::to_string(text.size()) + " bytes)";
  } else if (!text.empty()) {
    out += " " + word_of(text);
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

std::string reason_of(const grpc::Status& status) {
  const std::string_view name = code_name(status.error_code());
  // A message may have lines of its own: a configuration's errors.
  const std::string& message = status.error_message();
  const std::string first = message.substr(0, std::min(message.find('\n'), longest_text));
  return name.empty() ? first : std::string{name} + " (" + first + ")";
}

}  // namespace

void Tally::count(const ::supervisor::v1::Outcome& outcome) {
  if (outcome.fault() == ::supervisor::v1::FAULT_UNSPECIFIED) {
    ++well;
    return;
  }
  if (badly++ == 0) {
    constexpr std::string_view prefix = "FAULT_";
    first_bad = ::supervisor::v1::Fault_Name(outcome.fault()).substr(prefix.size()) + " " +
                outcome.group() + ":" + outcome.process();
  }
}

void Audit::ended(const std::string& what, const std::string& who, const grpc::Status& status,
                  const Tally& tally) {
  std::string outcome = status.ok() ? "done" : "failed, " + reason_of(status);
  if (tally.well + tally.badly > 0) outcome += ", " + std::to_string(tally.well) + " well";
  if (tally.badly > 0)
    outcome += ", " + std::to_string(tally.badly) + " not (" + tally.first_bad + ")";
  report_(common::Level::info, "api: " + what + " by " + who + ": " + outcome);
}

void Audit::refused(const std::string& what, const std::string& who, const grpc::Status& status) {
  const auto now = std::chrono::steady_clock::now();
  if (now - second_ >= std::chrono::seconds{1}) {
    if (left_out_ > 0) {
      report_(common::Level::warn,
              "api: " + std::to_string(left_out_) + " more calls were refused, not told singly");
    }
    second_ = now;
    in_second_ = left_out_ = 0;
  }
  if (++in_second_ > most_a_second) {
    ++left_out_;
    return;
  }
  report_(common::Level::warn, "api: " + what + " by " + who + ": refused, " + reason_of(status));
}

std::string what_of(std::string_view method, const pb::Message& request) {
  std::string out{method};
  const pb::Descriptor& type = *request.GetDescriptor();
  for (int at = 0; at < type.field_count() && out.size() < longest_text; ++at)
    add_field(out, request, *type.field(at));
  return out;
}

}  // namespace supervisord::api
