#include "supervisord/xmlrpc/system_methods.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace supervisord::xmlrpc {
namespace {

const Method* method_named(const Value& value) {
  const auto* const name = value.get<std::string>();
  return name == nullptr ? nullptr : find_method(*name);
}

Value value_of(Answer answer) {
  if (auto* const value = std::get_if<Value>(&answer)) return std::move(*value);
  const Fault& fault = std::get<Fault>(answer);
  return Struct{{"faultCode", static_cast<int>(fault.code)}, {"faultString", fault.text}};
}

/// The calls of one multicall, one after the other. Kept by the reply of the call that goes on.
class Calls : public std::enable_shared_from_this<Calls> {
 public:
  // In braces an Array would become the one element of another.
  Calls(SessionPtr session, Array calls, Reply reply)
      : session_{std::move(session)}, calls_(std::move(calls)), reply_{std::move(reply)} {}

  // A loop over the calls that answer at once, so that the stack does not grow with their number.
  void run() {
    is_running_ = true;
    while (results_.size() < calls_.size()) {
      const auto before = results_.size();
      start(calls_[before]);
      if (results_.size() == before) break;  // that one goes on, and runs the rest
    }
    is_running_ = false;
    if (results_.size() == calls_.size())
      std::exchange(reply_, nullptr)(Value{std::move(results_)});
  }

 private:
  void start(const Value& call_struct) {
    static const Array none;
    const Value* const name = call_struct.member("methodName");
    const Value* const params = call_struct.member("params");
    if (name == nullptr || name->get<std::string>() == nullptr)
      return keep(fault(FaultCode::incorrect_parameters, "No methodName"));
    const auto& method = *name->get<std::string>();
    if (method == "system.multicall")
      return keep(fault(FaultCode::incorrect_parameters, "Recursive system.multicall forbidden"));
    const Array* const arguments = params == nullptr ? &none : params->get<Array>();
    if (arguments == nullptr) return keep(fault(FaultCode::incorrect_parameters));
    call(session_, method, *arguments, [self = shared_from_this()](Answer answer) {
      self->keep(std::move(answer));
      if (!self->is_running_) self->run();
    });
  }
  void keep(Answer answer) { results_.push_back(value_of(std::move(answer))); }

  SessionPtr session_;
  Array calls_;
  Reply reply_;
  Array results_;
  bool is_running_ = false;
};

}  // namespace

Answer list_methods(control::Control&, const Array&) {
  Array names;
  for (const auto& method : methods()) names.emplace_back(method.name);
  return Value{std::move(names)};
}

Answer method_help(control::Control&, const Array& arguments) {
  const Method* const method = method_named(arguments[0]);
  if (method == nullptr) return fault(FaultCode::signature_unsupported);
  return Value{method->help};
}

Answer method_signature(control::Control&, const Array& arguments) {
  const Method* const method = method_named(arguments[0]);
  if (method == nullptr) return fault(FaultCode::signature_unsupported);
  Array types;
  std::string_view rest = method->signature;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    std::string_view type = rest.substr(0, end);
    if (type.ends_with('?')) type.remove_suffix(1);
    types.emplace_back(type);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return Value{std::move(types)};
}

void multicall(const SessionPtr& session, const Array& arguments, Reply reply) {
  const auto* const calls = arguments[0].get<Array>();
  if (calls == nullptr) return reply(fault(FaultCode::incorrect_parameters));
  std::make_shared<Calls>(session, *calls, std::move(reply))->run();
}

}  // namespace supervisord::xmlrpc
