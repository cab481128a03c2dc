#include "asgi-worker/python/error.hpp"

namespace asgi_worker::python {

Ref take_exception() {
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* trace = nullptr;
  PyErr_Fetch(&type, &value, &trace);
  if (type == nullptr) return {};
  PyErr_NormalizeException(&type, &value, &trace);
  if (trace != nullptr) PyException_SetTraceback(value, trace);
  Py_XDECREF(type);
  Py_XDECREF(trace);
  return steal(value);
}

void raise(const Ref& exception) {
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.get())), exception.get());
}

std::string text_of(PyObject* object) {
  const Ref text = steal(PyObject_Str(object));
  const char* const bytes = text ? PyUnicode_AsUTF8(text.get()) : nullptr;
  if (bytes != nullptr) return bytes;
  PyErr_Clear();
  return "?";
}

std::string exception_text(PyObject* exception) {
  std::string name = Py_TYPE(exception)->tp_name;
  const auto text = text_of(exception);
  return text.empty() ? name : name + ": " + text;
}

std::string traceback_text(PyObject* exception) {
  const Ref module = steal(PyImport_ImportModule("traceback"));
  const Ref lines =
      module ? steal(PyObject_CallMethod(module.get(), "format_exception", "O", exception)) : Ref{};
  const Ref empty = steal(PyUnicode_FromString(""));
  const Ref joined = lines && empty ? steal(PyUnicode_Join(empty.get(), lines.get())) : Ref{};
  if (!joined) {
    PyErr_Clear();
    return exception_text(exception);
  }
  auto text = text_of(joined.get());
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace asgi_worker::python
