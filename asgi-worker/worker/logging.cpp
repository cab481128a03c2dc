#include "asgi-worker/worker/logging.hpp"

#include "asgi-worker/options/profile.hpp"
#include "asgi-worker/python/error.hpp"

namespace asgi_worker::worker {
namespace {

using common::Result;
using python::Level;
using python::Ref;
using python::steal;

Ref sink_of(PyObject* callable) {
  return callable == nullptr || callable == Py_None ? Ref{} : python::borrow(callable);
}

/// Into the log that there is now: it may have been opened again.
void restore_sink(State& state) {
  if (!state.log_sink) return state.log.set_sink({});
  state.log.set_sink([&state](Level level, std::string_view text) {
    const Ref done =
        steal(PyObject_CallFunction(state.log_sink.get(), "is#", static_cast<int>(level),
                                    text.data(), static_cast<Py_ssize_t>(text.size())));
    if (!done) PyErr_WriteUnraisable(state.log_sink.get());
  });
}

}  // namespace

void set_sinks(State& state, PyObject* log, PyObject* access) {
  state.log_sink = sink_of(log);
  state.access_sink = sink_of(access);
  restore_sink(state);
}

Result<void> configure_logging(const options::Options& options, State& state) {
  const bool is_configured = !options.log_config.empty() || !options.log_config_json.empty() ||
                             !options.log_config_dict.empty();
  if (!is_configured) return restore_sink(state), Result<void>{};
  const Ref module = steal(PyImport_ImportModule("asgi_worker.logs"));
  const std::string profile{options::name_of(options.profile)};
  const Ref done = module ? steal(PyObject_CallMethod(
                                module.get(), "configure", "sssss", options.log_config.c_str(),
                                options.log_config_json.c_str(), options.log_config_dict.c_str(),
                                options.log_level.c_str(), profile.c_str()))
                          : Ref{};
  if (done) return {};
  const Ref exception = python::take_exception();
  return common::Error{common::Errc::bad_value,
                       "Cannot configure logging: " + python::exception_text(exception.get())};
}

}  // namespace asgi_worker::worker
