// A Python error turned into text, in one place.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <string>

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::python {

/// Takes the error that is set, as one normalised exception object with its traceback; the error
/// is cleared. Null when none was set.
Ref take_exception();

/// Puts the error that is set aside for as long as it lives, and then back.
class ErrorAside {
 public:
  ErrorAside() {
    if (PyErr_Occurred() != nullptr) PyErr_Fetch(&type_, &value_, &trace_);
  }
  ErrorAside(const ErrorAside&) = delete;
  ErrorAside& operator=(const ErrorAside&) = delete;
  ~ErrorAside() {
    if (type_ != nullptr || PyErr_Occurred() != nullptr) PyErr_Restore(type_, value_, trace_);
  }

 private:
  PyObject* type_ = nullptr;
  PyObject* value_ = nullptr;
  PyObject* trace_ = nullptr;
};

/// Sets what take_exception() took.
void raise(const Ref& exception);

/// The exception as Python prints it, traceback included, without the last newline.
std::string traceback_text(PyObject* exception);

/// "ValueError: no such thing".
std::string exception_text(PyObject* exception);

/// str(object) as UTF-8; what cannot be said becomes "?".
std::string text_of(PyObject* object);

}  // namespace asgi_worker::python
