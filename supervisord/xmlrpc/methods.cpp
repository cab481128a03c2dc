#include "supervisord/xmlrpc/methods.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "supervisord/xmlrpc/supervisor_methods.hpp"
#include "supervisord/xmlrpc/system_methods.hpp"

namespace supervisord::xmlrpc {
namespace {

constexpr std::string_view read_rules =
    "Bytes of a log: LENGTH of them (0: all) from OFFSET, or with a negative OFFSET and a LENGTH "
    "of 0 the last -OFFSET.";
constexpr std::string_view tail_rules =
    "The last LENGTH bytes of a log, or none when OFFSET is at or behind its end; then the log's "
    "size, and whether there is more than OFFSET and LENGTH.";
constexpr std::string_view result_rules =
    "An array with a struct of name, group, status and description for each of them.";

constexpr auto table = std::to_array<Method>({
    {"supervisor.addProcessGroup", "boolean string",
     "Puts a group of the configuration as last read into force.", add_process_group},
    {"supervisor.clearAllProcessLogs", "array", "Empties the logs of all processes.",
     clear_all_process_logs},
    {"supervisor.clearLog", "boolean", "Empties the daemon's own log.", clear_log},
    {"supervisor.clearProcessLog", "boolean string", "Another name of clearProcessLogs.",
     clear_process_logs},
    {"supervisor.clearProcessLogs", "boolean string", "Empties both logs of a process.",
     clear_process_logs},
    {"supervisor.getAPIVersion", "string", "The version of this API.", get_api_version},
    {"supervisor.getAllConfigInfo", "array",
     "All processes of the configuration as last read, a struct each.", get_all_config_info},
    {"supervisor.getAllProcessInfo", "array", "All processes, a struct each.",
     get_all_process_info},
    {"supervisor.getIdentification", "string", "The identifier of the configuration.",
     get_identification},
    {"supervisor.getPID", "int", "The pid of supervisord.", get_pid},
    {"supervisor.getProcessInfo", "struct string", "What is known of one process.",
     get_process_info},
    {"supervisor.getState", "struct", "The daemon's state: statecode and statename.", get_state},
    {"supervisor.getSupervisorVersion", "string",
     "The version of Supervisor that this daemon stands in for.", get_supervisor_version},
    {"supervisor.getVersion", "string", "Another name of getAPIVersion.", get_api_version},
    {"supervisor.readLog", "string int int", read_rules, read_log},
    {"supervisor.readMainLog", "string int int", "Another name of readLog.", read_log},
    {"supervisor.readProcessLog", "string string int int", "Another name of readProcessStdoutLog.",
     read_process_stdout_log},
    {"supervisor.readProcessStderrLog", "string string int int", read_rules,
     read_process_stderr_log},
    {"supervisor.readProcessStdoutLog", "string string int int", read_rules,
     read_process_stdout_log},
    {"supervisor.reloadConfig", "array",
     "Reads the configuration again: the names of the groups that were added, changed and removed.",
     reload_config},
    {"supervisor.removeProcessGroup", "boolean string", "Takes a stopped group out of force.",
     remove_process_group},
    {"supervisor.restart", "boolean",
     "Stops everything and starts again with the configuration as its files have it.", restart},
    {"supervisor.sendProcessStdin", "boolean string string",
     "Writes to the standard input of a process.", send_process_stdin},
    {"supervisor.sendRemoteCommEvent", "boolean string string",
     "Announces a REMOTE_COMMUNICATION event of a type, with data.", send_remote_comm_event, true},
    {"supervisor.shutdown", "boolean", "Stops everything and ends.", shutdown},
    {"supervisor.signalAllProcesses", "array string", result_rules, signal_all_processes},
    {"supervisor.signalProcess", "boolean string string",
     "Sends a signal, by name or number, to a process.", signal_process},
    {"supervisor.signalProcessGroup", "array string string", result_rules, signal_process_group},
    {"supervisor.startAllProcesses", "array boolean?", result_rules, start_all_processes},
    {"supervisor.startProcess", "boolean string boolean?",
     "Starts a process; waits until it is RUNNING unless the last argument is false.",
     start_process},
    {"supervisor.startProcessGroup", "array string boolean?", result_rules, start_process_group},
    {"supervisor.stopAllProcesses", "array boolean?", result_rules, stop_all_processes},
    {"supervisor.stopProcess", "boolean string boolean?",
     "Stops a process; waits until it is down unless the last argument is false.", stop_process},
    {"supervisor.stopProcessGroup", "array string boolean?", result_rules, stop_process_group},
    {"supervisor.tailProcessLog", "array string int int", "Another name of tailProcessStdoutLog.",
     tail_process_stdout_log},
    {"supervisor.tailProcessStderrLog", "array string int int", tail_rules,
     tail_process_stderr_log},
    {"supervisor.tailProcessStdoutLog", "array string int int", tail_rules,
     tail_process_stdout_log},
    {"system.listMethods", "array", "The names of all methods.", list_methods, true},
    {"system.methodHelp", "string string", "What a method does.", method_help, true},
    {"system.methodSignature", "array string",
     "The types of a method's result and of its arguments.", method_signature, true},
    {"system.multicall", "array array",
     "Calls methods one after the other: structs of methodName and params in, results or structs "
     "of faultCode and faultString out.",
     multicall, true},
});
static_assert(std::ranges::is_sorted(table, {}, &Method::name));

bool takes(const Method& method, std::size_t count) {
  const auto blanks = std::ranges::count(method.signature, ' ');
  const auto optional = std::ranges::count(method.signature, '?');
  return count <= static_cast<std::size_t>(blanks) &&
         count >= static_cast<std::size_t>(blanks - optional);
}

/// "supervisor.stopProcess web". What is written to a process or into an event is told by its
/// length.
std::string what_of(const Method& method, const Array& arguments) {
  const bool is_send = method.name.starts_with("supervisor.send");
  std::string out{method.name};
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    if (out.size() > control::longest_audit_text) break;
    const auto* const text = arguments[at].get<std::string>();
    const auto* const number = arguments[at].get<std::int64_t>();
    if (is_send && at == 1) {
      out += " (" + std::to_string(text == nullptr ? 0 : text->size()) + " bytes)";
    } else if (text != nullptr) {
      out += " " + control::audit_word(*text);
    } else if (number != nullptr) {
      out += " " + std::to_string(*number);
    }
  }
  return out;
}

/// The rows of the methods for several processes.
void count(const Value& answer, control::Tally& tally) {
  const auto* const rows = answer.get<Array>();
  if (rows == nullptr) return;
  for (const Value& row : *rows) {
    const Value* const status = row.member("status");
    const Value* const text = row.member("description");
    if (status == nullptr || status->get<std::int64_t>() == nullptr) continue;
    if (*status->get<std::int64_t>() == static_cast<int>(FaultCode::success)) {
      ++tally.well;
    } else {
      tally.count_bad(text == nullptr ? "" : *text->get<std::string>());
    }
  }
}

/// `reply`, and a line in the log before it; or one when it is dropped, since the client has left.
Reply audited(const SessionPtr& session, const Method& method, const Array& arguments,
              Reply reply) {
  const auto change = std::make_shared<control::AuditedChange>(
      session->audit, control::Asked{"xmlrpc", what_of(method, arguments), session->who});
  return [change, reply = std::move(reply)](Answer answer) {
    if (const auto* const value = std::get_if<Value>(&answer)) {
      count(*value, change->tally);
      change->end("");
    } else {
      change->end(std::get<Fault>(answer).text);
    }
    reply(std::move(answer));
  };
}

}  // namespace

bool is_change(const Method& method) {
  constexpr auto changes =
      std::to_array<std::string_view>({"add", "clear", "reload", "remove", "restart", "send",
                                       "shutdown", "signal", "start", "stop"});
  constexpr std::string_view space = "supervisor.";
  if (!method.name.starts_with(space)) return false;
  const std::string_view name = method.name.substr(space.size());
  return std::ranges::any_of(changes, [name](auto begin) { return name.starts_with(begin); });
}

std::span<const Method> methods() { return table; }

const Method* find_method(std::string_view name) {
  const auto found = std::ranges::lower_bound(table, name, {}, &Method::name);
  return found != table.end() && found->name == name ? &*found : nullptr;
}

void call(const SessionPtr& session, std::string_view name, const Array& arguments, Reply reply) {
  const Method* const method = find_method(name);
  if (method == nullptr) return reply(fault(FaultCode::unknown_method));
  if (is_change(*method)) reply = audited(session, *method, arguments, std::move(reply));
  if (!takes(*method, arguments.size())) return reply(fault(FaultCode::incorrect_parameters));
  const bool is_ending = session->control.daemon().state != control::DaemonState::running;
  if (is_ending && !method->while_ending) return reply(fault(FaultCode::shutdown_state));
  if (const auto* const waiting = std::get_if<Waiting>(&method->function))
    return (*waiting)(session, arguments, std::move(reply));
  reply(std::get<Immediate>(method->function)(session->control, arguments));
}

}  // namespace supervisord::xmlrpc
