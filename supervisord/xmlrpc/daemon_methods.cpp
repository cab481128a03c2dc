#include <chrono>
#include <map>
#include <utility>

#include "supervisord/xmlrpc/arguments.hpp"
#include "supervisord/xmlrpc/info.hpp"
#include "supervisord/xmlrpc/supervisor_methods.hpp"

namespace supervisord::xmlrpc {
namespace {

using control::Control;

Answer answer_of(const control::Ending& ending, std::string_view detail) {
  if (ending.fault == control::Fault::none) return Value{true};
  if (ending.fault == control::Fault::shutdown_state) return fault(FaultCode::shutdown_state);
  return fault(code_of(ending.fault), detail);
}

Value names_of(const std::vector<std::string>& names) { return Array(names.begin(), names.end()); }

}  // namespace

Answer get_api_version(Control&, const Array&) { return Value{"3.0"}; }

// Clients compare it with the versions of Supervisor that they know; ours is in the gRPC API.
Answer get_supervisor_version(Control&, const Array&) { return Value{"4.3.0"}; }

Answer get_identification(Control& control, const Array&) {
  return Value{control.daemon().identifier};
}

// While the daemon ends this method is refused like the others, so there is one state to tell.
Answer get_state(Control&, const Array&) {
  return Value{Struct{{"statecode", 1}, {"statename", "RUNNING"}}};
}

Answer get_pid(Control& control, const Array&) { return Value{control.daemon().pid}; }

Answer shutdown(Control& control, const Array&) { return answer_of(control.shutdown(), ""); }

Answer restart(Control& control, const Array&) {
  const auto ending = control.reload();
  return answer_of(ending, ending.detail);
}

Answer send_remote_comm_event(Control& control, const Array& arguments) {
  const auto type = as_text(arguments[0]);
  const auto data = as_text(arguments[1]);
  if (!type || !data) return fault(FaultCode::incorrect_parameters);
  control.send_remote_event(*type, *data);
  return Value{true};
}

Answer reload_config(Control& control, const Array&) {
  const auto changes = control.reread();
  if (!changes) return fault(FaultCode::cant_reread, changes.error().context);
  // In a list of its own, which one would not expect.
  Array outer;
  outer.emplace_back(
      Array{names_of(changes->added), names_of(changes->changed), names_of(changes->removed)});
  return Value{std::move(outer)};
}

Answer add_process_group(Control& control, const Array& arguments) {
  const auto name = as_text(arguments[0]);
  if (!name) return fault(FaultCode::incorrect_parameters);
  return answer_of(control.add_group(*name), *name);
}

Answer remove_process_group(Control& control, const Array& arguments) {
  const auto name = as_text(arguments[0]);
  if (!name) return fault(FaultCode::incorrect_parameters);
  return answer_of(control.remove_group(*name), *name);
}

Answer get_all_config_info(Control& control, const Array&) {
  std::map<std::pair<std::string, std::string>, AutoLogs> logs;
  if (auto statuses = control.status({})) {
    for (const auto& status : *statuses) {
      logs[{status.group, status.name}] = {status.stdout_logfile, status.stderr_logfile};
    }
  }
  Array out;
  for (const auto& each : control.configured())
    out.push_back(config_info(each, logs[{each.spec->group, each.spec->name}]));
  return Value{std::move(out)};
}

}  // namespace supervisord::xmlrpc
