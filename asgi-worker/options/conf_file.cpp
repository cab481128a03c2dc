#include "asgi-worker/options/conf_file.hpp"

#include <algorithm>
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
  if (!file) return Error{Errc::not_found, "'" + path + "' doesn't exist, or cannot be read"};
  text << file.rdbuf();  // sets failbit for an empty file
  return std::move(text).str();
}

/// A pair of texts is a header field.
std::string item_text(PyObject* item) {
  if (!PyTuple_Check(item) || PyTuple_Size(item) != 2) return python::text_of(item);
  return python::text_of(PyTuple_GET_ITEM(item, 0)) + ":" +
         python::text_of(PyTuple_GET_ITEM(item, 1));
}

/// A dict as JSON; nothing for an empty one, or one that has no such form.
std::vector<std::string> as_json(PyObject* dict) {
  if (PyDict_Size(dict) == 0) return {};
  const Ref json = steal(PyImport_ImportModule("json"));
  const Ref text = json ? steal(PyObject_CallMethod(json.get(), "dumps", "O", dict)) : Ref{};
  if (text) return {python::text_of(text.get())};
  PyErr_Clear();
  return {};
}

/// A value as the command line would spell it; nothing for None, which leaves the default.
std::vector<std::string> spelled(const Row& row, PyObject* value) {
  if (value == Py_None) return {};
  if (row.value == "OCTAL" && PyLong_Check(value)) {  // 0o022 is 18 by now
    const Ref octal = steal(PyNumber_ToBase(value, 8));
    return {python::text_of(octal.get())};
  }
  if (PyBool_Check(value)) return {value == Py_True ? "true" : "false"};
  if (row.kind == Kind::list && PyDict_Check(value)) {  // of names to values
    const Ref items = steal(PyDict_Items(value));
    return items ? spelled(row, items.get()) : std::vector<std::string>{};
  }
  if (PyDict_Check(value)) return as_json(value);
  if (!PyList_Check(value) && !PyTuple_Check(value)) return {python::text_of(value)};
  std::vector<std::string> all;
  for (Py_ssize_t index = 0; index < PySequence_Fast_GET_SIZE(value); ++index)
    all.push_back(item_text(PySequence_Fast_GET_ITEM(value, index)));
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
  if (name.find('-') != std::string::npos) {  // as a flag is spelled
    std::string key = name;
    std::ranges::replace(key, '-', '_');
    return take(file, path, key, value);
  }
  if (name == "ssl_context") return file.hooks.push_back(name);
  if (is_hook(name)) {
    if (PyCallable_Check(value) &&
        PyDict_SetItemString(file.functions.get(), name.c_str(), value) != 0)
      PyErr_Clear();
    return;
  }
  if (const Row* const row = row_of_key(name)) {
    for (auto& word : spelled(*row, value))
      file.layer.push_back({row, path + ": " + name, std::move(word)});
    return;
  }
  if (PyCallable_Check(value)) return;  // the file's own functions and imported names
  std::string warning = path + ": unknown name '" + name + "'";
  if (const auto near = nearest_key(name); !near.empty())
    warning += ", did you mean '" + near + "'?";
  file.warnings.push_back(std::move(warning));
}

void take_all(ConfFile& file, const std::string& place, PyObject* names) {
  if (!file.functions) file.functions = steal(PyDict_New());
  PyObject* name = nullptr;
  PyObject* value = nullptr;
  for (Py_ssize_t position = 0; PyDict_Next(names, &position, &name, &value);)
    take(file, place, python::text_of(name), value);
}

/// The Python error that is set, with its traceback when it is not about the text itself.
Error python_error(const std::string& what) {
  const Ref exception = python::take_exception();
  return {Errc::bad_syntax,
          what + (exception ? "\n" + python::traceback_text(exception.get()) : std::string{})};
}

/// dict[key]; null without an error when it is not there, or no dict.
Ref item_of(const Ref& dict, std::string_view key) {
  if (!dict || !PyDict_Check(dict.get())) return {};
  return borrow(PyDict_GetItemString(dict.get(), std::string{key}.c_str()));
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
  if (!done) return python_error("Failed to read config file: " + path);
  ConfFile file;
  take_all(file, path, names.get());
  return file;
}

Result<ConfFile> run_conf_module(const std::string& name) {
  const Ref module = steal(PyImport_ImportModule(name.c_str()));
  if (!module) return python_error("Failed to read config module: " + name);
  ConfFile file;
  take_all(file, "python:" + name, PyModule_GetDict(module.get()));
  return file;
}

Result<ConfFile> read_toml(const std::string& path, const std::string& table) {
  const auto text = contents(path);
  if (!text) return text.error();
  if (!table.empty() && text->find(table) == std::string::npos) return ConfFile{};
  const Ref module = steal(PyImport_ImportModule("tomllib"));
  if (!module) {
    PyErr_Clear();
    return Error{Errc::unsupported, path + ": Python has no tomllib before 3.11"};
  }
  Ref values = steal(PyObject_CallMethod(module.get(), "loads", "s", text->c_str()));
  if (!values) {
    const Ref exception = python::take_exception();
    return Error{Errc::bad_syntax, path + ": " + python::text_of(exception.get())};
  }
  ConfFile file;
  std::string place = path;
  if (!table.empty()) {
    const auto dot = table.find('.');
    values = item_of(item_of(values, table.substr(0, dot)), table.substr(dot + 1));
    place += " [" + table + "]";
  }
  if (values && PyDict_Check(values.get())) take_all(file, place, values.get());
  return file;
}

Result<ConfFile> read_worker_class(const std::string& name) {
  ConfFile file;
  const auto dot = name.rfind('.');
  for (const char* const known : {"uvicorn.", "uvicorn_worker.", "hypercorn.", "gunicorn."})
    if (name.starts_with(known)) return file;
  if (dot == std::string::npos) return file;
  const Ref module = steal(PyImport_ImportModule(name.substr(0, dot).c_str()));
  const Ref type =
      module ? steal(PyObject_GetAttrString(module.get(), name.substr(dot + 1).c_str())) : Ref{};
  if (!type) return python_error("worker class '" + name + "' cannot be imported");
  const Ref keywords = steal(PyObject_GetAttrString(type.get(), "CONFIG_KWARGS"));
  if (!keywords) {
    PyErr_Clear();
    return file;
  }
  if (PyDict_Check(keywords.get())) take_all(file, name + ".CONFIG_KWARGS", keywords.get());
  return file;
}

}  // namespace asgi_worker::options
