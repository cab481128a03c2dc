// How a request's task goes on: asyncio's rules for what a coroutine may yield, return and raise.
#include "asgi-worker/loop/task_request.hpp"
#include "asgi-worker/python/compat.hpp"
#include "asgi-worker/python/error.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;
using python::Ref;
using python::steal;

/// Makes a task the loop's current one, and the one before it current again.
class Current {
 public:
  Current(const RequestTask& task, PyObject* self)
      : kind_{*task.kind}, loop_{borrow(task.loop)}, is_set_{enter(self)} {}
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;
  explicit operator bool() const { return is_set_; }

  /// A Python error that is set stays so.
  void leave() {
    if (!is_set_) return;
    const python::ErrorAside aside;
    if (!change_back()) PyErr_WriteUnraisable(loop_.get());
  }

 private:
  bool enter(PyObject* self) {
    if (kind_.swap_current_task) {
      before_ = swapped(self);
      return static_cast<bool>(before_);
    }
    // Mostly there is none, and one look sees that and changes it.
    PyObject* const found = PyDict_SetDefault(kind_.current_tasks.get(), loop_.get(), self);
    if (found == nullptr || found == self) return found != nullptr;
    before_ = borrow(found);
    return PyDict_SetItem(kind_.current_tasks.get(), loop_.get(), self) == 0;
  }
  bool change_back() {
    if (kind_.swap_current_task) return static_cast<bool>(swapped(before_.get()));
    return before_ ? PyDict_SetItem(kind_.current_tasks.get(), loop_.get(), before_.get()) == 0
                   : PyDict_DelItem(kind_.current_tasks.get(), loop_.get()) == 0;
  }
  Ref swapped(PyObject* task) const {
    PyObject* const arguments[] = {loop_.get(), task};
    return steal(PyObject_Vectorcall(kind_.swap_current_task.get(), arguments, 2, nullptr));
  }

  const RequestTaskType& kind_;
  Ref loop_;
  Ref before_;
  bool is_set_;
};

/// A method of the Future part, past those of Task that forbid it.
Ref call_future(const Ref& method, PyObject* self, PyObject* argument) {
  PyObject* const arguments[] = {self, argument};
  return steal(PyObject_Vectorcall(method.get(), arguments, 2, nullptr));
}

PyObject* wake(PyObject* self, PyObject* future);
PyObject* step_now(PyObject* self, PyObject*);
PyMethodDef wake_definition{"task_wakeup", wake, METH_O, nullptr};
PyMethodDef step_definition{"TaskStepMethWrapper", step_now, METH_NOARGS, nullptr};

bool step_soon(RequestTask& task, PyObject* self) {
  const Ref callback = steal(PyCFunction_New(&step_definition, self));
  if (!callback) return false;
  PyObject* const arguments[] = {task.loop, callback.get(), task.context};
  return static_cast<bool>(steal(PyObject_VectorcallMethod(task.kind->call_soon.get(), arguments, 2,
                                                           task.kind->context_keyword.get())));
}

/// The coroutine has yielded what it may not: it is told so in its next step.
template <class... Arguments>
bool complain_soon(RequestTask& task, PyObject* self, const char* format, Arguments... arguments) {
  const Ref text = steal(PyUnicode_FromFormat(format, arguments...));
  Ref error = text ? steal(PyObject_CallOneArg(PyExc_RuntimeError, text.get())) : Ref{};
  if (!error) return false;
  Py_XSETREF(task.to_raise, error.release());
  return step_soon(task, self);
}

Ref loop_of(const RequestTaskType& kind, PyObject* future) {
  if (const Ref get = steal(PyObject_GetAttr(future, kind.get_loop.get())))
    return steal(PyObject_CallNoArgs(get.get()));
  if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return {};
  PyErr_Clear();
  return steal(PyObject_GetAttr(future, kind.loop.get()));
}

/// Cancels what the task waits for. -1 with a Python error set, else whether it took that.
int cancel_waited(const RequestTask& task, PyObject* future, PyObject* message) {
  PyObject* const arguments[] = {future, message};
  const Ref taken = steal(PyObject_VectorcallMethod(task.kind->cancel.get(), arguments, 1,
                                                    task.kind->message_keyword.get()));
  return taken ? PyObject_IsTrue(taken.get()) : -1;
}

bool wait_for(RequestTask& task, PyObject* self, PyObject* future) {
  const RequestTaskType& kind = *task.kind;
  const Ref loop = loop_of(kind, future);
  if (!loop) return false;
  if (loop.get() != task.loop)
    return complain_soon(task, self, "Task %R got Future %R attached to a different loop", self,
                         future);
  const Ref blocking = steal(PyObject_GetAttr(future, kind.blocking.get()));
  const int is_blocking = blocking ? PyObject_IsTrue(blocking.get()) : -1;
  if (is_blocking < 0) return false;
  if (is_blocking == 0)
    return complain_soon(task, self, "yield was used instead of yield from in task %R with %R",
                         self, future);
  if (PyObject_SetAttr(future, kind.blocking.get(), Py_False) != 0) return false;
  const Ref callback = steal(PyCFunction_New(&wake_definition, self));
  if (!callback) return false;
  PyObject* const arguments[] = {future, callback.get(), task.context};
  if (!steal(PyObject_VectorcallMethod(kind.add_done_callback.get(), arguments, 2,
                                       kind.context_keyword.get())))
    return false;
  Py_XSETREF(task.waits_for, Py_NewRef(future));
  if (!task.must_cancel) return true;
  const Ref message = steal(PyObject_GetAttr(self, kind.cancel_message.get()));
  const int is_taken = message ? cancel_waited(task, future, message.get()) : -1;
  if (is_taken < 0) return false;
  if (is_taken > 0) task.must_cancel = false;
  return true;
}

bool yielded(RequestTask& task, PyObject* self, PyObject* result) {
  if (result == self) return complain_soon(task, self, "Task cannot await on itself: %R", self);
  if (result == Py_None) return step_soon(task, self);  // a bare yield: the loop's next turn
  const Ref blocking = steal(PyObject_GetAttr(result, task.kind->blocking.get()));
  if (blocking && blocking.get() != Py_None) return wait_for(task, self, result);
  if (!blocking) {
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return false;
    PyErr_Clear();
  }
  if (PyGen_Check(result))
    return complain_soon(task, self,
                         "yield was used instead of yield from for generator in task %R with %R",
                         self, result);
  return complain_soon(task, self, "Task got bad yield: %R", result);
}

bool returned(RequestTask& task, PyObject* self, PyObject* value) {
  task.is_over = true;
  if (!task.must_cancel) return static_cast<bool>(call_future(task.kind->set_result, self, value));
  task.must_cancel = false;
  const Ref message = steal(PyObject_GetAttr(self, task.kind->cancel_message.get()));
  return message && call_future(task.kind->cancel_future, self, message.get());
}

bool raised(RequestTask& task, PyObject* self) {
  task.is_over = true;
  const Ref error = python::take_exception();
  PyObject* const type = reinterpret_cast<PyObject*>(Py_TYPE(error.get()));
  if (PyErr_GivenExceptionMatches(type, task.kind->cancelled_error.get()) != 0) {
    Py_XSETREF(task.cancelled, Py_NewRef(error.get()));
    PyObject* const arguments = reinterpret_cast<PyBaseExceptionObject*>(error.get())->args;
    PyObject* const message = arguments != nullptr && PyTuple_GET_SIZE(arguments) > 0
                                  ? PyTuple_GET_ITEM(arguments, 0)
                                  : Py_None;
    return static_cast<bool>(call_future(task.kind->cancel_future, self, message));
  }
  if (!call_future(task.kind->set_exception, self, error.get())) return false;
  const bool ends_loop = PyErr_GivenExceptionMatches(type, PyExc_KeyboardInterrupt) != 0 ||
                         PyErr_GivenExceptionMatches(type, PyExc_SystemExit) != 0;
  if (ends_loop) PyErr_SetObject(type, error.get());
  return !ends_loop;
}

/// throw() as am_send answers.
PySendResult throw_into(const RequestTask& task, PyObject* error, PyObject** result) {
  *result = PyObject_CallMethodOneArg(task.coroutine, task.kind->throw_in.get(), error);
  if (*result != nullptr) return PYGEN_NEXT;
  if (!PyErr_ExceptionMatches(PyExc_StopIteration)) return PYGEN_ERROR;
  const Ref stop = python::take_exception();
  *result = PyObject_GetAttr(stop.get(), task.kind->value.get());
  return *result != nullptr ? PYGEN_RETURN : PYGEN_ERROR;
}

/// What is to be thrown instead of `error` because the task has been cancelled; null with a Python
/// error set.
Ref cancelled_instead(RequestTask& task, PyObject* self, Ref error) {
  task.must_cancel = false;
  if (error) {
    const int is_cancelled = PyObject_IsInstance(error.get(), task.kind->cancelled_error.get());
    if (is_cancelled != 0) return is_cancelled > 0 ? std::move(error) : Ref{};
  }
  return steal(PyObject_CallOneArg(task.kind->make_cancelled_error.get(), self));
}

/// What a step came to.
bool came(RequestTask& task, PyObject* self, PySendResult how, const Ref& result) {
  switch (how) {
    case PYGEN_NEXT: return yielded(task, self, result.get());
    case PYGEN_RETURN: return returned(task, self, result.get());
    case PYGEN_ERROR: return raised(task, self);
  }
  return false;
}

bool step_current(RequestTask& task, PyObject* self, Ref error) {
  if (task.must_cancel) {
    error = cancelled_instead(task, self, std::move(error));
    if (!error) return false;
  }
  Py_CLEAR(task.waits_for);
  PyObject* result = nullptr;
  const PySendResult how = error ? throw_into(task, error.get(), &result)
                                 : PyIter_Send(task.coroutine, Py_None, &result);
  error.reset();
  return came(task, self, how, steal(result));
}

PyObject* none_if(bool is_done) { return is_done ? Py_NewRef(Py_None) : nullptr; }

/// What it waited for is done. The loop has entered our context.
PyObject* wake(PyObject* self, PyObject* future) {
  const Ref value =
      steal(PyObject_CallMethodNoArgs(future, request_task(self).kind->read_result.get()));
  return none_if(step(self, value ? Ref{} : python::take_exception()));
}

PyObject* step_now(PyObject* self, PyObject*) {
  return none_if(step(self, steal(std::exchange(request_task(self).to_raise, nullptr))));
}

}  // namespace

bool step(PyObject* self, Ref error) {
  RequestTask& task = request_task(self);
  if (task.is_over) {
    PyErr_Format(task.kind->invalid_state_error.get(), "_step(): already done: %R %R", self,
                 error ? error.get() : Py_None);
    return false;
  }
  const Ref alive = borrow(self);
  Current current{task, self};
  if (!current) return false;
  const bool is_done = step_current(task, self, std::move(error));
  current.leave();
  return is_done;
}

RequestTasks::RequestTasks(Ref loop, RequestTaskType& kind)
    : loop_{std::move(loop)}, kind_{kind}, init_keywords_{steal(PyDict_New())} {
  if (init_keywords_ && PyDict_SetItemString(init_keywords_.get(), "loop", loop_.get()) != 0)
    init_keywords_.reset();
}

Ref RequestTasks::make_object() const {
  auto* const type = reinterpret_cast<PyTypeObject*>(kind_.type.get());
  Ref object = steal(type->tp_alloc(type, 0));
  if (!object) return {};
  RequestTask& task = request_task(object.get());
  task.kind = &kind_;
  task.is_over = true;  // until it is whole: nothing to be said when it goes
  if (kind_.future_type->tp_init(object.get(), kind_.no_arguments.get(), init_keywords_.get()) != 0)
    return {};
  task.loop = Py_NewRef(loop_.get());
  return object;
}

Ref RequestTasks::make(PyObject* coroutine) {
  Ref object = spare_ ? std::exchange(spare_, {}) : make_object();
  if (!object) return {};
  RequestTask& task = request_task(object.get());
  task.context = PyContext_CopyCurrent();
  if (task.context == nullptr) return {};
  task.coroutine = Py_NewRef(coroutine);
  task.is_over = false;
  return object;
}

/// Whether a task that has ended may begin again as another one: nobody has it, nor has left
/// anything with it.
bool RequestTasks::was_unseen(PyObject* self) const {
  const RequestTask& task = request_task(self);
  if (Py_REFCNT(self) != 1 || task.name != nullptr || task.cancels != 0 || task.is_silenced)
    return false;
  const auto offset = Py_TYPE(self)->tp_weaklistoffset;
  if (offset <= 0 || python::has_attributes(self)) return false;
  if (*reinterpret_cast<PyObject**>(reinterpret_cast<char*>(self) + offset) != nullptr)
    return false;
  if (kind_.callbacks == nullptr) return false;
  const Ref callbacks = steal(kind_.callbacks(self, nullptr));
  if (!callbacks) PyErr_Clear();
  return callbacks.get() == Py_None;
}

Ref RequestTasks::start(PyObject* coroutine) {
  Ref object = make(coroutine);
  if (!object) return {};
  PyObject* const self = object.get();
  RequestTask& task = request_task(self);
  Current current{task, self};
  // Only here: at each later step the loop has entered it.
  if (!current || PyContext_Enter(task.context) != 0) {
    current.leave();
    task.is_over = true;
    return {};
  }
  PyObject* result = nullptr;
  const PySendResult how = PyIter_Send(coroutine, Py_None, &result);
  const Ref owned = steal(result);
  current.leave();
  const bool is_unseen = how == PYGEN_RETURN && was_unseen(self);
  if (is_unseen) task.is_over = true;  // and its Future part may stay pending
  const bool is_done = is_unseen || came(task, self, how, owned);
  if (PyContext_Exit(task.context) != 0 || !is_done) return {};
  if (is_unseen) {
    Py_CLEAR(task.coroutine);
    Py_CLEAR(task.context);
    spare_ = std::move(object);
    return {};
  }
  if (task.is_over) return {};
  task.is_known = true;
  if (!steal(PyObject_CallOneArg(kind_.register_task.get(), self))) return {};
  return object;
}

}  // namespace asgi_worker::loop
