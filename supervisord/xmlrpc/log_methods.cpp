#include <algorithm>

#include "supervisord/xmlrpc/arguments.hpp"
#include "supervisord/xmlrpc/names.hpp"
#include "supervisord/xmlrpc/supervisor_methods.hpp"
#include "supervisord/xmlrpc/write.hpp"

namespace supervisord::xmlrpc {
namespace {

using control::Channel;
using control::Control;
using control::LogName;

/// `path`: of the file that is not there; "" when there is not meant to be one.
Fault no_file(const std::string& path) {
  return path.empty() ? fault(FaultCode::no_file) : fault(FaultCode::no_file, path);
}

Answer read(const Control& control, const LogName& log, const std::string& path, const Value& from,
            const Value& count) {
  const auto offset = as_integer(from);
  const auto length = as_integer(count);
  if (!offset || !length) return fault(FaultCode::incorrect_parameters);
  if (*length < 0 || (*offset < 0 && *length != 0)) {
    const auto any = control.read_log(log, 0, 1);
    const bool is_missing = !any && any.error().code == common::Errc::missing;
    return is_missing ? no_file(path) : fault(FaultCode::bad_arguments);
  }
  const auto chunk = control.read_log(log, *offset, static_cast<std::uint64_t>(*length));
  if (chunk) return Value{whole_characters(chunk->bytes)};
  if (chunk.error().code == common::Errc::missing) return no_file(path);
  return fault(FaultCode::failed, chunk.error().context);
}

Answer read_of_process(Control& control, const Array& arguments, Channel channel) {
  const auto name = as_text(arguments[0]);
  if (!name) return fault(FaultCode::incorrect_parameters);
  const auto status = find_process(control, *name);
  if (!status) return fault(FaultCode::bad_name, *name);
  const bool is_stderr = channel == Channel::stderr_log;
  return read(control, {selector_of(*status), channel},
              is_stderr ? status->stderr_logfile : status->stdout_logfile, arguments[1],
              arguments[2]);
}

Answer tail_of_process(Control& control, const Array& arguments, Channel channel) {
  const auto name = as_text(arguments[0]);
  const auto offset = as_integer(arguments[1]);
  const auto length = as_integer(arguments[2]);
  if (!name || !offset || !length) return fault(FaultCode::incorrect_parameters);
  const auto status = find_process(control, *name);
  if (!status) return fault(FaultCode::bad_name, *name);
  const auto tail =
      control.tail_log({selector_of(*status), channel},
                       static_cast<std::uint64_t>(std::max<std::int64_t>(*offset, 0)),
                       static_cast<std::uint64_t>(std::max<std::int64_t>(*length, 0)));
  if (!tail) return fault(FaultCode::bad_name, *name);
  return Value{Array{whole_characters(tail->bytes), static_cast<std::int64_t>(tail->offset),
                     tail->overflow}};
}

/// True, or false when a log is there and cannot be cleared.
bool clear_both(Control& control, const process::Status& status) {
  bool cleared = true;
  for (const auto channel : {Channel::stdout_log, Channel::stderr_log}) {
    if (control.clear_log({selector_of(status), channel}).fault == control::Fault::failed)
      cleared = false;
  }
  return cleared;
}

}  // namespace

Answer read_log(Control& control, const Array& arguments) {
  return read(control, {"", Channel::main_log}, "", arguments[0], arguments[1]);
}

Answer clear_log(Control& control, const Array&) {
  const auto ending = control.clear_log({"", Channel::main_log});
  if (ending.fault == control::Fault::none) return Value{true};
  if (ending.fault == control::Fault::no_file) return fault(FaultCode::no_file);
  return fault(FaultCode::failed, ending.detail);
}

Answer read_process_stdout_log(Control& control, const Array& arguments) {
  return read_of_process(control, arguments, Channel::stdout_log);
}
Answer read_process_stderr_log(Control& control, const Array& arguments) {
  return read_of_process(control, arguments, Channel::stderr_log);
}
Answer tail_process_stdout_log(Control& control, const Array& arguments) {
  return tail_of_process(control, arguments, Channel::stdout_log);
}
Answer tail_process_stderr_log(Control& control, const Array& arguments) {
  return tail_of_process(control, arguments, Channel::stderr_log);
}

Answer clear_process_logs(Control& control, const Array& arguments) {
  const auto name = as_text(arguments[0]);
  if (!name) return fault(FaultCode::incorrect_parameters);
  const auto status = find_process(control, *name);
  if (!status) return fault(FaultCode::bad_name, *name);
  if (!clear_both(control, *status)) return fault(FaultCode::failed, *name);
  return Value{true};
}

Answer clear_all_process_logs(Control& control, const Array&) {
  Array out;
  for (const auto& status : all_processes(control)) {
    const bool cleared = clear_both(control, status);
    const auto code = cleared ? FaultCode::success : FaultCode::failed;
    out.push_back(Struct{
        {"name", status.name},
        {"group", status.group},
        {"status", static_cast<int>(code)},
        {"description", cleared ? "OK" : fault(code, status.display_name()).text},
    });
  }
  return Value{std::move(out)};
}

}  // namespace supervisord::xmlrpc
