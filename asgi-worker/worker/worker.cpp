#include "asgi-worker/worker/worker.hpp"

#include <algorithm>
#include <random>
#include <string>

#include "asgi-worker/http/fields.hpp"
#include "asgi-worker/python/error.hpp"

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

/// [(name, value)] of "Name:value" words, names lower-cased.
Ref extra_fields(const Options& options) {
  Ref list = steal(PyList_New(0));
  for (const auto& field : options.headers) {
    const auto colon = field.find(':');
    std::string name = field.substr(0, colon);
    for (char& byte : name)
      if (http::is_token_byte(byte))
        byte = static_cast<char>(http::token_lower[static_cast<unsigned char>(byte)]);
    const std::string value{http::trim_blanks(std::string_view{field}.substr(colon + 1))};
    const Ref pair = steal(Py_BuildValue("(ss)", name.c_str(), value.c_str()));
    if (!list || !pair || PyList_Append(list.get(), pair.get()) != 0) return {};
  }
  return list;
}

bool logs_access(const Options& options) {
  return options.access_log.value_or(true) && python::level_of(options.log_level) <= Level::info;
}

Ref core_settings(const Options& options) {
  const Ref headers = extra_fields(options);
  if (!headers) return {};
  return steal(Py_BuildValue(
      "{s:O,s:s,s:i,s:s,s:i,s:k,s:d,s:d,s:i,s:i,s:i}", "headers", headers.get(), "server_field",
      options.server_header ? options.server_name.c_str() : "", "date_field",
      options.date_header ? 1 : 0, "access_format", logs_access(options) ? "uvicorn" : "off",
      "access_fd", options.access_fd, "max_requests", request_limit(options), "keep_alive",
      options.keep_alive.count(), "header_timeout", options.header_timeout.count(),
      "limit_request_line", options.limit_request_line, "limit_request_fields",
      options.limit_request_fields, "limit_request_field_size", options.limit_request_field_size));
}

Ref settings(PyObject* module, const Options& options) {
  const Ref serving = steal(PyObject_GetAttrString(module, "serving"));
  const Ref type = serving ? steal(PyObject_GetAttrString(serving.get(), "Settings")) : Ref{};
  const Ref core = core_settings(options);
  if (!type || !core) return {};
  const Ref keywords = steal(Py_BuildValue(
      "{s:s,s:s,s:O,s:s,s:s,s:s,s:d,s:d,s:O}", "app", options.app.c_str(), "app_dir",
      options.app_dir.c_str(), "factory", options.factory ? Py_True : Py_False, "interface",
      options.interface.c_str(), "lifespan", options.lifespan.c_str(), "root_path",
      options.root_path.c_str(), "graceful_timeout", options.graceful_timeout.count(),
      "lifespan_shutdown", options.lifespan_shutdown.count(), "core", core.get()));
  const Ref empty = steal(PyTuple_New(0));
  return keywords && empty ? steal(PyObject_Call(type.get(), empty.get(), keywords.get())) : Ref{};
}

Ref listener_list(std::span<const int> listeners) {
  Ref list = steal(PyList_New(0));
  for (const int fd : listeners) {
    const Ref number = steal(PyLong_FromLong(fd));
    if (!list || !number || PyList_Append(list.get(), number.get()) != 0) return {};
  }
  return list;
}

}  // namespace

int run_worker(const Options& options, std::span<const int> listeners, int arbiter,
               const python::Log& log) {
  const Ref module = steal(PyImport_ImportModule("asgi_worker.worker"));
  const Ref told = module ? settings(module.get(), options) : Ref{};
  const Ref fds = listener_list(listeners);
  const Ref status =
      told && fds
          ? steal(PyObject_CallMethod(module.get(), "run", "OOi", told.get(), fds.get(), arbiter))
          : Ref{};
  if (status) return static_cast<int>(PyLong_AsLong(status.get()));
  const Ref exception = python::take_exception();
  log.line(Level::error, exception ? python::traceback_text(exception.get()) : "worker failed");
  return 1;
}

}  // namespace asgi_worker::worker
