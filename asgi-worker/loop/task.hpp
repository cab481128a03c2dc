// Tasks that are stepped at once: a real asyncio.Task whose first step runs now instead of at the
// loop's next turn. Before CPython 3.12 the task is made while the loop's call_soon is in capture
// mode, and what it scheduled is called. Owned by the core; one thread, GIL held.
#pragma once

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::loop {

/// The type of what stands in for call_soon; made once a module, null with a Python error set.
python::Ref make_capture_type(PyObject* module);

class EagerTasks {
 public:
  /// Check is_whole() afterwards.
  EagerTasks(python::Ref loop, PyObject* capture_type);
  bool is_whole() const { return arguments_ && capture_ && current_task_ && task_type_; }

  /// Steps `coroutine`. Its task when it is suspended; null without a Python error when it has
  /// ended. While another task runs it is only scheduled, since tasks do not nest.
  python::Ref start(PyObject* coroutine);

 private:
  python::Ref make(PyObject* coroutine) const;
  python::Ref make_captured(PyObject* coroutine);
  bool run_captured();

  python::Ref loop_;
  python::Ref task_type_;
  python::Ref current_task_;
  python::Ref capture_;
  python::Ref arguments_;        // the names of the keywords below
  python::Ref eager_arguments_;  // likewise, with eager_start
  python::Ref call_soon_;        // "call_soon"
  python::Ref done_;             // "done"
};

}  // namespace asgi_worker::loop
