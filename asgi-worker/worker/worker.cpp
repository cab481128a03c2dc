#include "asgi-worker/worker/worker.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <string>

#include "asgi-worker/options/profile.hpp"
#include "asgi-worker/python/error.hpp"
#include "asgi-worker/worker/core.hpp"
#include "asgi-worker/worker/server_settings.hpp"

namespace asgi_worker::worker {
namespace {

using options::Options;
using python::borrow;
using python::Level;
using python::Ref;
using python::steal;

unsigned long request_limit(const Options& options) {
  if (options.max_requests == 0) return 0;
  std::random_device seed;
  std::uniform_int_distribution<int> jitter{0, options.max_requests_jitter};
  return static_cast<unsigned long>(options.max_requests + jitter(seed));
}

double lifetime(const Options& options) {
  if (options.worker_lifetime.count() == 0) return 0;
  std::random_device seed;
  std::uniform_real_distribution<double> jitter{0, options.worker_lifetime_jitter.count()};
  return options.worker_lifetime.count() + jitter(seed);
}

void free_settings(PyObject* capsule) {
  delete static_cast<server::Settings*>(PyCapsule_GetPointer(capsule, settings_capsule));
}

/// What Core takes besides the application.
Ref core_settings(const Options& options) {
  auto made = server_settings(options);
  if (!made) {  // the arbiter has looked at them before
    PyErr_SetString(PyExc_ValueError, made.error().context.c_str());
    return {};
  }
  auto held = std::make_unique<server::Settings>(std::move(*made));
  const Ref capsule = steal(PyCapsule_New(held.get(), settings_capsule, free_settings));
  if (!capsule) return {};
  static_cast<void>(held.release());  // the capsule's
  return steal(Py_BuildValue("{s:O,s:i,s:k,s:s}", "server", capsule.get(), "access_fd",
                             options.access_fd, "max_requests", request_limit(options), "task",
                             options.task.c_str()));
}

}  // namespace

Ref settings(const Options& options) {
  const Ref serving = steal(PyImport_ImportModule("asgi_worker.serving"));
  const Ref type = serving ? steal(PyObject_GetAttrString(serving.get(), "Settings")) : Ref{};
  const Ref core = core_settings(options);
  if (!type || !core) return {};
  const std::string profile{options::name_of(options.profile)};
  const Ref keywords = steal(Py_BuildValue(
      "{s:s,s:s,s:O,s:s,s:i,s:s,s:s,s:s,s:O,s:s,s:d,s:d,s:d,s:d,s:d,s:i,s:d,s:i,s:i,s:s,s:O,s:O}",
      "app", options.app.c_str(), "app_dir", options.app_dir.c_str(), "factory",
      options.factory ? Py_True : Py_False, "interface", options.interface.c_str(), "threads",
      options.threads, "loop", options.loop.c_str(), "lifespan", options.lifespan.c_str(),
      "spec_version", options.asgi_spec_version.c_str(), "reset_contextvars",
      options.reset_contextvars ? Py_True : Py_False, "root_path", options.root_path.c_str(),
      "graceful_timeout", options.graceful_timeout.count(), "lifespan_shutdown",
      options.lifespan_shutdown.count(), "shutdown_delay", options.shutdown_delay.count(),
      "timeout", options.timeout.count(), "lifetime", lifetime(options), "max_rss_mib",
      options.worker_max_rss_mib, "rss_sample_interval", options.rss_sample_interval.count(),
      "rss_samples", options.rss_samples, "error_fd", options.error_fd, "compat", profile.c_str(),
      "reload", options.reload ? Py_True : Py_False, "core", core.get()));
  const Ref empty = steal(PyTuple_New(0));
  return keywords && empty ? steal(PyObject_Call(type.get(), empty.get(), keywords.get())) : Ref{};
}

namespace {

Ref listener_list(const std::vector<int>& listeners) {
  Ref list = steal(PyList_New(0));
  for (const int fd : listeners) {
    const Ref number = steal(PyLong_FromLong(fd));
    if (!list || !number || PyList_Append(list.get(), number.get()) != 0) return {};
  }
  return list;
}

void log_error(const python::Log& log) {
  const Ref exception = python::take_exception();
  log.line(Level::error, exception ? python::traceback_text(exception.get()) : "worker failed");
}

}  // namespace

bool import_modules(const Options& options, const python::Log& log) {
  const Ref module = steal(PyImport_ImportModule("asgi_worker.worker"));
  const Ref done =
      module ? steal(PyObject_CallMethod(module.get(), "before_forks", "s", options.loop.c_str()))
             : Ref{};
  if (!done) log_error(log);
  return static_cast<bool>(done);
}

int run_worker(const Options& options, const Seat& seat, const python::Log& log) {
  const Ref module = steal(PyImport_ImportModule("asgi_worker.worker"));
  const Ref told = module ? settings(options) : Ref{};
  const Ref fds = listener_list(seat.listeners);
  PyObject* const application = seat.application ? seat.application.get() : Py_None;
  PyObject* const hooks = seat.hooks ? seat.hooks.get() : Py_None;
  const Ref status = told && fds
                         ? steal(PyObject_CallMethod(module.get(), "run", "OOiOO", told.get(),
                                                     fds.get(), seat.arbiter, application, hooks))
                         : Ref{};
  if (status) return static_cast<int>(PyLong_AsLong(status.get()));
  log_error(log);
  return 1;
}

Preloaded preload(const Options& options, const python::Log& log) {
  const Ref module = steal(PyImport_ImportModule("asgi_worker.worker"));
  const Ref told = module ? settings(options) : Ref{};
  const Ref made =
      told ? steal(PyObject_CallMethod(module.get(), "preload", "O", told.get())) : Ref{};
  PyObject* application = nullptr;  // borrowed of `made`
  int status = cannot_start;
  if (!made || PyArg_ParseTuple(made.get(), "Oi", &application, &status) == 0) {
    log_error(log);
    return {};
  }
  return {application == Py_None ? Ref{} : borrow(application), status};
}

}  // namespace asgi_worker::worker
