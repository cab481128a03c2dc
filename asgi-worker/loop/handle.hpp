// asyncio.Handle and asyncio.TimerHandle, made and run in C++. The types derive from asyncio's and
// keep everything in its slots, so that whatever asyncio says or asks of a handle (repr, debug,
// cancelled(), when()) is inherited, and asyncio's own handles are run the same way. GIL held.
#pragma once

#include "asgi-worker/loop/timer_heap.hpp"
#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::loop {

/// What is to be called; all borrowed. `context` null or None: a copy of the current one.
struct Call {
  PyObject* callback;
  PyObject* const* arguments;
  Py_ssize_t count;
  PyObject* context;
};

class HandleTypes {
 public:
  /// False with a Python error set.
  bool make(PyObject* module);

  python::Ref handle(PyObject* loop, const Call& call) const;
  python::Ref timer(PyObject* loop, PyObject* when, double at, const Call& call) const;
  /// As asyncio's classes make them, with the traceback of the caller.
  python::Ref handle_for_debug(PyObject* loop, const Call& call) const;
  python::Ref timer_for_debug(PyObject* loop, PyObject* when, double at, const Call& call) const;

  /// asyncio's own included.
  bool is_handle(PyObject* object) const {
    return PyObject_TypeCheck(object, handle_type()->tp_base) != 0;
  }
  bool is_timer(PyObject* object) const { return PyObject_TypeCheck(object, timer_type()) != 0; }

 private:
  PyTypeObject* handle_type() const { return reinterpret_cast<PyTypeObject*>(handle_.get()); }
  PyTypeObject* timer_type() const { return reinterpret_cast<PyTypeObject*>(timer_.get()); }

  python::Ref handle_;
  python::Ref timer_;
};

/// What a TimerHandle of ours has behind asyncio's fields.
Timing& timing_of(PyObject* timer);
/// Whose it is (borrowed).
PyObject* timer_of(Timing& timing);
void set_scheduled(PyObject* timer, bool is_scheduled);
bool is_cancelled(PyObject* handle);
/// As cancel() of a handle that is no timer; false with a Python error set.
bool cancel(PyObject* handle);
/// Calls the callback in its context. False when it left a Python error.
bool call(PyObject* handle);

}  // namespace asgi_worker::loop
