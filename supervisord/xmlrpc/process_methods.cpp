#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "supervisord/process/state.hpp"
#include "supervisord/xmlrpc/arguments.hpp"
#include "supervisord/xmlrpc/info.hpp"
#include "supervisord/xmlrpc/names.hpp"
#include "supervisord/xmlrpc/supervisor_methods.hpp"

namespace supervisord::xmlrpc {
namespace {

using control::Control;
using control::Outcome;
using control::Wait;

enum class Act { start, stop };

/// The fault's detail is the name as the client gave it, but where the command itself is wrong.
Fault fault_of(const Outcome& outcome, std::string_view name) {
  const FaultCode code = code_of(outcome.fault);
  const bool is_about_command =
      (code == FaultCode::no_file || code == FaultCode::not_executable) && !outcome.detail.empty();
  return fault(code, is_about_command ? std::string_view{outcome.detail} : name);
}

Fault fault_of(const control::Ending& ending) {
  if (ending.fault == control::Fault::shutdown_state) return fault(FaultCode::shutdown_state);
  return fault(code_of(ending.fault), ending.detail);
}

/// A row of what the methods for several processes answer.
Value result_of(const Outcome& outcome) {
  const std::string name =
      outcome.group == outcome.process ? outcome.process : outcome.group + ":" + outcome.process;
  const bool is_good = outcome.fault == control::Fault::none;
  return Struct{
      {"name", outcome.process},
      {"group", outcome.group},
      {"status", static_cast<int>(code_of(outcome.fault))},
      {"description", is_good ? "OK" : fault_of(outcome, name).text},
  };
}

Wait wait_of(const Array& arguments, std::size_t place) {
  const bool waits = arguments.size() <= place || as_truth(arguments[place]);
  return waits ? Wait::until_settled : Wait::no;
}

void act_on(const SessionPtr& session, Act act, const std::vector<std::string>& selectors,
            Wait wait, control::Progress progress, control::Done done) {
  Control& control = session->control;
  session->waiting = act == Act::start
                         ? control.start(selectors, wait, std::move(progress), std::move(done))
                         : control.stop(selectors, wait, std::move(progress), std::move(done));
}

void act_on_one(const SessionPtr& session, Act act, const std::string& name, Wait wait,
                Reply reply) {
  const auto status = find_process(session->control, name);
  if (!status) return reply(fault(FaultCode::bad_name, name));
  if (act == Act::stop && !process::is_up(status->state))
    return reply(fault(FaultCode::not_running, name));
  const auto outcome = std::make_shared<Outcome>();
  act_on(
      session, act, {selector_of(*status)}, wait,
      [outcome](const Outcome& settled) { *outcome = settled; },
      [session, outcome, name, reply = std::move(reply)](const control::Ending& ending) {
        session->waiting.reset();
        if (ending.fault != control::Fault::none) return reply(fault_of(ending));
        if (outcome->fault != control::Fault::none) return reply(fault_of(*outcome, name));
        reply(Value{true});
      });
}

void act_on_several(const SessionPtr& session, Act act,
                    const std::vector<process::Status>& statuses, Wait wait, Reply reply) {
  std::vector<std::string> selectors;
  for (const auto& status : statuses) {
    if (process::is_up(status.state) == (act == Act::stop))
      selectors.push_back(selector_of(status));
  }
  if (selectors.empty()) return reply(Value{Array{}});
  const auto results = std::make_shared<Array>();
  act_on(
      session, act, selectors, wait,
      [results](const Outcome& outcome) { results->push_back(result_of(outcome)); },
      [session, results, reply = std::move(reply)](const control::Ending& ending) {
        session->waiting.reset();
        if (ending.fault != control::Fault::none) return reply(fault_of(ending));
        reply(Value{std::move(*results)});
      });
}

void act_on_group(const SessionPtr& session, Act act, const std::string& group,
                  std::string_view name, Wait wait, Reply reply) {
  const auto statuses = find_group(session->control, group);
  if (!statuses) return reply(fault(FaultCode::bad_name, name));
  act_on_several(session, act, *statuses, wait, std::move(reply));
}

void act_by_name(const SessionPtr& session, Act act, const Array& arguments, Reply reply) {
  const auto name = as_text(arguments[0]);
  if (!name) return reply(fault(FaultCode::incorrect_parameters));
  const Wait wait = wait_of(arguments, 1);
  if (const auto group = group_of(*name))
    return act_on_group(session, act, *group, *name, wait, std::move(reply));
  act_on_one(session, act, *name, wait, std::move(reply));
}

void act_by_group(const SessionPtr& session, Act act, const Array& arguments, Reply reply) {
  const auto name = as_text(arguments[0]);
  if (!name) return reply(fault(FaultCode::incorrect_parameters));
  act_on_group(session, act, *name, *name, wait_of(arguments, 1), std::move(reply));
}

void act_on_all(const SessionPtr& session, Act act, const Array& arguments, Reply reply) {
  act_on_several(session, act, all_processes(session->control), wait_of(arguments, 0),
                 std::move(reply));
}

/// For one process: its outcome. The signal's name is looked at before its state.
Outcome signal_one(Control& control, const process::Status& status, const std::string& signal) {
  Outcome out{status.group, status.name, control::Fault::none, ""};
  control.signal(
      {selector_of(status)}, signal, [&](const Outcome& outcome) { out = outcome; },
      [&](const control::Ending& ending) {
        if (ending.fault == control::Fault::none) return;
        out.fault = ending.fault;
        out.detail = ending.detail;
      });
  return out;
}

Fault signal_fault(const Outcome& outcome, std::string_view name, std::string_view signal) {
  const FaultCode code = code_of(outcome.fault);
  return fault(code, code == FaultCode::bad_signal ? signal : name);
}

Answer signal_several(Control& control, const std::vector<process::Status>& statuses,
                      const std::string& signal) {
  Array out;
  for (const auto& status : statuses) {
    if (!process::is_signallable(status.state)) continue;
    const auto outcome = signal_one(control, status, signal);
    const bool is_good = outcome.fault == control::Fault::none;
    out.push_back(Struct{
        {"name", status.name},
        {"group", status.group},
        {"status", static_cast<int>(code_of(outcome.fault))},
        {"description", is_good ? "OK" : signal_fault(outcome, status.display_name(), signal).text},
    });
  }
  return Value{std::move(out)};
}

Answer signal_group(Control& control, const std::string& group, std::string_view name,
                    const std::string& signal) {
  const auto statuses = find_group(control, group);
  if (!statuses) return fault(FaultCode::bad_name, name);
  return signal_several(control, *statuses, signal);
}

/// A signal's name, or its number in whatever type it came.
std::optional<std::string> signal_text(const Value& value) {
  if (const auto* const truth = value.get<bool>()) return std::string{*truth ? "1" : "0"};
  return as_text(value);
}

}  // namespace

Answer get_process_info(Control& control, const Array& arguments) {
  const auto name = as_text(arguments[0]);
  if (!name) return fault(FaultCode::incorrect_parameters);
  const auto status = find_process(control, *name);
  if (!status) return fault(FaultCode::bad_name, *name);
  return process_info(*status, std::chrono::system_clock::now());
}

Answer get_all_process_info(Control& control, const Array&) {
  const auto statuses = control.status({});
  if (!statuses) return fault(FaultCode::failed, statuses.error().context);
  const auto now = std::chrono::system_clock::now();
  Array out;
  out.reserve(statuses->size());
  for (const auto& status : *statuses) out.push_back(process_info(status, now));
  return Value{std::move(out)};
}

void start_process(const SessionPtr& session, const Array& arguments, Reply reply) {
  act_by_name(session, Act::start, arguments, std::move(reply));
}
void start_process_group(const SessionPtr& session, const Array& arguments, Reply reply) {
  act_by_group(session, Act::start, arguments, std::move(reply));
}
void start_all_processes(const SessionPtr& session, const Array& arguments, Reply reply) {
  act_on_all(session, Act::start, arguments, std::move(reply));
}
void stop_process(const SessionPtr& session, const Array& arguments, Reply reply) {
  act_by_name(session, Act::stop, arguments, std::move(reply));
}
void stop_process_group(const SessionPtr& session, const Array& arguments, Reply reply) {
  act_by_group(session, Act::stop, arguments, std::move(reply));
}
void stop_all_processes(const SessionPtr& session, const Array& arguments, Reply reply) {
  act_on_all(session, Act::stop, arguments, std::move(reply));
}

Answer signal_process(Control& control, const Array& arguments) {
  const auto name = as_text(arguments[0]);
  const auto signal = signal_text(arguments[1]);
  if (!name || !signal) return fault(FaultCode::incorrect_parameters);
  if (const auto group = group_of(*name)) return signal_group(control, *group, *name, *signal);
  const auto status = find_process(control, *name);
  if (!status) return fault(FaultCode::bad_name, *name);
  const auto outcome = signal_one(control, *status, *signal);
  if (outcome.fault != control::Fault::none) return signal_fault(outcome, *name, *signal);
  return Value{true};
}

Answer signal_process_group(Control& control, const Array& arguments) {
  const auto name = as_text(arguments[0]);
  const auto signal = signal_text(arguments[1]);
  if (!name || !signal) return fault(FaultCode::incorrect_parameters);
  return signal_group(control, *name, *name, *signal);
}

Answer signal_all_processes(Control& control, const Array& arguments) {
  const auto signal = signal_text(arguments[0]);
  if (!signal) return fault(FaultCode::incorrect_parameters);
  return signal_several(control, all_processes(control), *signal);
}

Answer send_process_stdin(Control& control, const Array& arguments) {
  const auto name = as_text(arguments[0]);
  const auto chars = as_text(arguments[1]);
  if (!name || !chars) return fault(FaultCode::incorrect_parameters);
  if (arguments[1].get<std::int64_t>() != nullptr)
    return fault(FaultCode::incorrect_parameters, *chars);
  const auto status = find_process(control, *name);
  if (!status) return fault(FaultCode::bad_name, *name);
  const auto ending = control.send_stdin(selector_of(*status), *chars);
  if (ending.fault != control::Fault::none) return fault(code_of(ending.fault), *name);
  return Value{true};
}

}  // namespace supervisord::xmlrpc
