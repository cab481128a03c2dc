// create_future() and create_task() of a loop: asyncio's own classes (its C accelerator's, as a
// rule) made without a Python frame. GIL held.
#pragma once

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::loop {

class FutureTypes {
 public:
  /// False with a Python error set.
  bool make();

  /// Future(loop=...), Task(coroutine, loop=...): `keywords` has the loop. Null with a Python error
  /// set.
  python::Ref future(PyObject* keywords) const;
  python::Ref task(PyObject* coroutine, PyObject* keywords) const;
  /// {"loop": loop}; null with a Python error set.
  python::Ref keywords_for(PyObject* loop) const;
  /// asyncio's own create_task(loop, ...), which knows about factories.
  PyObject* inherited_create_task() const { return create_task_.get(); }

 private:
  python::Ref future_, task_, create_task_;
  python::Ref loop_;  // "loop"
  python::Ref no_arguments_;
};

PyObject* create_future(PyObject* loop, PyObject*);
PyObject* create_task(PyObject* loop, PyObject* const* arguments, Py_ssize_t count,
                      PyObject* keywords);

}  // namespace asgi_worker::loop
