#include "asgi-worker/python/environment.hpp"

#include <algorithm>

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::python {
namespace {

Ref environ_object() {
  const Ref os = steal(PyImport_ImportModule("os"));
  return os ? steal(PyObject_GetAttrString(os.get(), "environ")) : Ref{};
}

Ref text(const std::string& value) { return steal(PyUnicode_DecodeFSDefault(value.c_str())); }

}  // namespace

void set_variable(const std::string& name, const std::string& value) {
  const Ref environment = environ_object();
  const Ref key = text(name);
  const Ref content = text(value);
  if (!environment || !key || !content ||
      PyObject_SetItem(environment.get(), key.get(), content.get()) != 0)
    PyErr_WriteUnraisable(key.get());
}

void unset_variable(const std::string& name) {
  const Ref environment = environ_object();
  const Ref popped =
      environment
          ? steal(PyObject_CallMethod(environment.get(), "pop", "sO", name.c_str(), Py_None))
          : Ref{};
  if (!popped) PyErr_WriteUnraisable(environment.get());
}

void extend_path(const std::string& directories) {
  PyObject* const path = PySys_GetObject("path");  // borrowed
  for (std::size_t begin = 0; path != nullptr && begin < directories.size();) {
    const auto end = std::min(directories.find(',', begin), directories.size());
    const Ref directory = text(directories.substr(begin, end - begin));
    begin = end + 1;
    if (!directory || PyUnicode_GetLength(directory.get()) == 0) continue;
    const int has = PySequence_Contains(path, directory.get());
    if (has < 0 || (has == 0 && PyList_Insert(path, 0, directory.get()) != 0))
      PyErr_WriteUnraisable(path);
  }
}

}  // namespace asgi_worker::python
