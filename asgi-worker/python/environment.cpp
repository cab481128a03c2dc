#include "asgi-worker/python/environment.hpp"

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

}  // namespace asgi_worker::python
