#include "asgi-worker/options/conf_file.hpp"

#include <fstream>
#include <sstream>

#include "asgi-worker/python/error.hpp"

namespace asgi_worker::options {
namespace {

using common::Errc;
using common::Error;
using common::Result;
using python::borrow;
using python::Ref;
using python::steal;

Result<std::string> contents(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    return Error{Errc::not_found, path + ": the configuration file cannot be read"};
  return std::move(text).str();
}

/// A value as the command line would spell it; nothing for None, which leaves the default.
std::vector<std::string> spelled(PyObject* value) {
  if (value == Py_None) return {};
  if (PyBool_Check(value)) return {value == Py_True ? "true" : "false"};
  if (!PyList_Check(value) && !PyTuple_Check(value)) return {python::text_of(value)};
  std::vector<std::string> all;
  for (Py_ssize_t index = 0; index < PySequence_Fast_GET_SIZE(value); ++index)
    all.push_back(python::text_of(PySequence_Fast_GET_ITEM(value, index)));
  return all;
}

bool is_hook(const std::string& name) {
  for (const char* const hook :
       {"on_starting", "on_reload", "when_ready", "pre_fork", "post_fork", "post_worker_init",
        "worker_int", "worker_abort", "pre_exec", "pre_request", "post_request", "child_exit",
        "worker_exit", "nworkers_changed", "on_exit"})
    if (name == hook) return true;
  return false;
}

void take(ConfFile& file, const std::string& path, const std::string& name, PyObject* value) {
  if (name.starts_with('_') || PyModule_Check(value)) return;
  if (name == "ssl_context") return file.hooks.push_back(name);
  if (is_hook(name)) {
    if (PyCallable_Check(value) &&
        PyDict_SetItemString(file.functions.get(), name.c_str(), value) != 0)
      PyErr_Clear();
    return;
  }
  if (const Row* const row = row_of_key(name)) {
    for (auto& word : spelled(value))
      file.layer.push_back({row, path + ": " + name, std::move(word)});
    return;
  }
  if (PyCallable_Check(value)) return;  // the file's own functions and imported names
  std::string warning = path + ": unknown name '" + name + "'";
  if (const auto near = nearest_key(name); !near.empty())
    warning += ", did you mean '" + near + "'?";
  file.warnings.push_back(std::move(warning));
}

}  // namespace

Result<ConfFile> run_conf_file(const std::string& path) {
  const auto text = contents(path);
  if (!text) return text.error();
  const Ref names = steal(PyDict_New());
  const Ref file_name = steal(PyUnicode_DecodeFSDefault(path.c_str()));
  const Ref module_name = steal(PyUnicode_FromString("<gunicorn.conf>"));
  const Ref code = steal(Py_CompileString(text->c_str(), path.c_str(), Py_file_input));
  const bool is_ready =
      names && file_name && module_name && code &&
      PyDict_SetItemString(names.get(), "__builtins__", PyEval_GetBuiltins()) == 0 &&
      PyDict_SetItemString(names.get(), "__name__", module_name.get()) == 0 &&
      PyDict_SetItemString(names.get(), "__file__", file_name.get()) == 0;
  const Ref done = is_ready ? steal(PyEval_EvalCode(code.get(), names.get(), names.get())) : Ref{};
  if (!done) {
    const Ref exception = python::take_exception();
    return Error{Errc::bad_syntax, "Failed to read config file: " + path + "\n" +
                                       python::traceback_text(exception.get())};
  }
  ConfFile file;
  file.functions = steal(PyDict_New());
  PyObject* name = nullptr;
  PyObject* value = nullptr;
  for (Py_ssize_t position = 0; PyDict_Next(names.get(), &position, &name, &value);)
    take(file, path, python::text_of(name), value);
  return file;
}

}  // namespace asgi_worker::options
