// Memory of Python objects that have gone, kept for the next ones of their type: each request makes
// some, and the allocator's way is longer than they are. Owned by the application; needs the GIL.
#pragma once

#include <array>
#include <cstddef>

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::asgi {

class Spares {
 public:
  Spares() = default;
  Spares(const Spares&) = delete;
  Spares& operator=(const Spares&) = delete;
  ~Spares() {
    while (count_ > 0) PyObject_Free(kept_[--count_]);
  }

  /// A new object of `type` (always the same one, and none that the collector knows), its fields
  /// undefined; null with a Python error set.
  PyObject* make(PyTypeObject* type) {
    if (count_ == 0) return type->tp_alloc(type, 0);
    return PyObject_Init(kept_[--count_], type);
  }
  /// Instead of tp_free: for an object that make() gave. Its reference to its type is the caller's.
  void keep(PyObject* object) {
    if (count_ < kept_.size())
      kept_[count_++] = object;
    else
      PyObject_Free(object);
  }

 private:
  std::array<PyObject*, 64> kept_{};
  std::size_t count_ = 0;
};

}  // namespace asgi_worker::asgi
