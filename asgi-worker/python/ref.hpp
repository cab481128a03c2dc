// A reference to a Python object, owned: gives it back in its destructor. Needs the GIL.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <utility>

namespace asgi_worker::python {

class Ref {
 public:
  Ref() = default;
  Ref(Ref&& other) noexcept : object_{other.release()} {}
  Ref(const Ref& other) noexcept : object_{Py_XNewRef(other.object_)} {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() { Py_XDECREF(object_); }

  PyObject* get() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  PyObject* release() noexcept { return std::exchange(object_, nullptr); }
  void reset() noexcept { Py_CLEAR(object_); }

 private:
  friend Ref steal(PyObject* object) noexcept;
  explicit Ref(PyObject* object) noexcept : object_{object} {}
  PyObject* object_ = nullptr;
};

/// Of a new reference, as most calls return one; null stays null.
inline Ref steal(PyObject* object) noexcept { return Ref{object}; }
/// Of a reference that somebody else owns.
inline Ref borrow(PyObject* object) noexcept { return steal(Py_XNewRef(object)); }

}  // namespace asgi_worker::python
