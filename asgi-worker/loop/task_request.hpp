// Tasks of our own for requests: an asyncio.Task to everybody (it is one, by inheritance), stepped
// at once and in C++. Of the base its Future part is initialised and used, its Task part never;
// what a Task has besides lies behind it. Owned by the core (RequestTasks) and by the module's
// state (the type); one thread, GIL held.
//
// Behaves as CPython's C Task (Modules/_asynciomodule.c of 3.11) but for two things: its default
// name counts requests, and it joins all_tasks() when it is first suspended.
#pragma once

#include <memory>

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::loop {

/// The type, and what its tasks need of asyncio: looked up once a module.
struct RequestTaskType {
  /// Null without a Python error: asyncio.Task is not CPython's C Task here, so that ours could not
  /// stand in for it. Null with one: something else is wrong.
  static std::unique_ptr<RequestTaskType> make(PyObject* module);

  python::Ref type;
  PyTypeObject* future_type = nullptr;  // a base of `type`, which keeps it
  getter callbacks = nullptr;           // of the Future part
  // Of the Future part.
  python::Ref set_result, set_exception, cancel_future, make_cancelled_error, result, exception;
  // Of the loop's book-keeping.
  python::Ref register_task;
  python::Ref current_tasks;      // the dict; null where there is swap_current_task
  python::Ref swap_current_task;  // 3.12
  python::Ref cancelled_error, invalid_state_error;
  // Names.
  python::Ref cancel, throw_in, call_soon, get_loop, loop, value, blocking, add_done_callback,
      cancel_message, log_traceback, read_result;
  python::Ref context_keyword, message_keyword;
  python::Ref no_arguments;
  unsigned long named = 0;
};

/// What a task has behind its base.
struct RequestTask {
  RequestTaskType* kind;  // the module's state, which the type keeps
  PyObject* loop;
  PyObject* coroutine;
  PyObject* context;
  PyObject* name;       // made when it is asked for
  PyObject* waits_for;  // asyncio's _fut_waiter
  PyObject* to_raise;   // in the coroutine, by the step that is scheduled
  PyObject* cancelled;  // the CancelledError that ended it
  long cancels;
  bool must_cancel;
  bool is_over;
  bool is_known;     // to all_tasks()
  bool is_silenced;  // says nothing when it is destroyed pending
};

/// `self` is of RequestTaskType::type, which has no subclasses.
inline RequestTask& request_task(PyObject* self) {
  const auto size = Py_TYPE(self)->tp_base->tp_basicsize;
  return *reinterpret_cast<RequestTask*>(reinterpret_cast<char*>(self) + size);
}

/// One step, or the throw of `error` into it, as the loop's current task. False with a Python error
/// set: one that ends the loop (KeyboardInterrupt, SystemExit, a broken coroutine).
bool step(PyObject* self, python::Ref error);

class RequestTasks {
 public:
  /// `kind` outlives this. Check is_whole() afterwards.
  RequestTasks(python::Ref loop, RequestTaskType& kind);
  bool is_whole() const { return static_cast<bool>(init_keywords_); }

  /// Steps `coroutine`. Its task when it is suspended; null without a Python error when it has
  /// ended.
  python::Ref start(PyObject* coroutine);

 private:
  python::Ref make(PyObject* coroutine);
  python::Ref make_object() const;
  bool was_unseen(PyObject* self) const;

  python::Ref loop_;
  RequestTaskType& kind_;
  python::Ref init_keywords_;
  python::Ref spare_;  // one that ended in its first step, and that nobody saw
};

}  // namespace asgi_worker::loop
