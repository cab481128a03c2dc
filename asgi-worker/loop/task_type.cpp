// What Python sees of a request's task: the methods and attributes of asyncio.Task that are not its
// Future's, and the object's life.
#include "asgi-worker/loop/task_request.hpp"
#include "asgi-worker/python/compat.hpp"
#include "asgi-worker/python/error.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;
using python::Ref;
using python::steal;

PyObject* or_none(PyObject* object) { return Py_NewRef(object != nullptr ? object : Py_None); }

// --- cancelling ------------------------------------------------------------------------------

/// cancel(msg=None)
PyObject* task_cancel(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* const names[] = {"msg", nullptr};
  PyObject* message = Py_None;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|O:cancel", const_cast<char**>(names),
                                   &message))
    return nullptr;
  RequestTask& task = request_task(self);
  const RequestTaskType& kind = *task.kind;
  if (PyObject_SetAttr(self, kind.log_traceback.get(), Py_False) != 0) return nullptr;
  if (task.is_over) return Py_NewRef(Py_False);
  ++task.cancels;
  if (task.waits_for != nullptr) {
    const Ref future = borrow(task.waits_for);
    PyObject* const words[] = {future.get(), message};
    const Ref taken =
        steal(PyObject_VectorcallMethod(kind.cancel.get(), words, 1, kind.message_keyword.get()));
    const int is_taken = taken ? PyObject_IsTrue(taken.get()) : -1;
    if (is_taken < 0) return nullptr;
    if (is_taken > 0) return Py_NewRef(Py_True);
  }
  task.must_cancel = true;
  if (PyObject_SetAttr(self, kind.cancel_message.get(), message) != 0) return nullptr;
  return Py_NewRef(Py_True);
}

PyObject* task_cancelling(PyObject* self, PyObject*) {
  return PyLong_FromLong(request_task(self).cancels);
}

PyObject* task_uncancel(PyObject* self, PyObject*) {
  RequestTask& task = request_task(self);
  if (task.cancels > 0) --task.cancels;
  if (python::uncancel_forgets && task.cancels == 0) task.must_cancel = false;
  return PyLong_FromLong(task.cancels);
}

// --- how it ended ----------------------------------------------------------------------------
// The Future part would make a new CancelledError: asyncio gives the one that was raised.

PyObject* raise_cancelled(RequestTask& task) {
  const Ref error = steal(std::exchange(task.cancelled, nullptr));  // once, as asyncio does
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.get())), error.get());
  return nullptr;
}

PyObject* task_result(PyObject* self, PyObject*) {
  RequestTask& task = request_task(self);
  if (task.cancelled != nullptr) return raise_cancelled(task);
  return PyObject_CallOneArg(task.kind->result.get(), self);
}

PyObject* task_exception(PyObject* self, PyObject*) {
  RequestTask& task = request_task(self);
  if (task.cancelled != nullptr) return raise_cancelled(task);
  return PyObject_CallOneArg(task.kind->exception.get(), self);
}

PyObject* task_make_cancelled_error(PyObject* self, PyObject*) {
  RequestTask& task = request_task(self);
  if (task.cancelled != nullptr) return std::exchange(task.cancelled, nullptr);
  return PyObject_CallOneArg(task.kind->make_cancelled_error.get(), self);
}

// --- who it is -------------------------------------------------------------------------------

PyObject* task_get_coro(PyObject* self, PyObject*) { return or_none(request_task(self).coroutine); }

PyObject* task_get_context(PyObject* self, PyObject*) {
  return or_none(request_task(self).context);
}

PyObject* task_get_name(PyObject* self, PyObject*) {
  RequestTask& task = request_task(self);
  if (task.name == nullptr) task.name = PyUnicode_FromFormat("Request-%lu", ++task.kind->named);
  return Py_XNewRef(task.name);
}

PyObject* task_set_name(PyObject* self, PyObject* name) {
  PyObject* const text = PyUnicode_CheckExact(name) ? Py_NewRef(name) : PyObject_Str(name);
  if (text == nullptr) return nullptr;
  Py_XSETREF(request_task(self).name, text);
  return Py_NewRef(Py_None);
}

PyObject* get_coroutine(PyObject* self, void*) { return or_none(request_task(self).coroutine); }

PyObject* get_waits_for(PyObject* self, void*) { return or_none(request_task(self).waits_for); }

PyObject* get_must_cancel(PyObject* self, void*) {
  return PyBool_FromLong(request_task(self).must_cancel);
}

PyObject* get_log_destroy_pending(PyObject* self, void*) {
  return PyBool_FromLong(!request_task(self).is_silenced);
}

int set_log_destroy_pending(PyObject* self, PyObject* value, void*) {
  const int is_on = value != nullptr ? PyObject_IsTrue(value) : 1;
  if (is_on < 0) return -1;
  request_task(self).is_silenced = is_on == 0;
  return 0;
}

// --- its life --------------------------------------------------------------------------------

PyTypeObject* base_of(PyObject* self) { return Py_TYPE(self)->tp_base; }

int traverse(PyObject* self, visitproc visit, void* arg) {
  const RequestTask& task = request_task(self);
  Py_VISIT(task.loop);
  Py_VISIT(task.coroutine);
  Py_VISIT(task.context);
  Py_VISIT(task.name);
  Py_VISIT(task.waits_for);
  Py_VISIT(task.to_raise);
  Py_VISIT(task.cancelled);
  // A base that is a heap type visits the object's type itself.
  if ((base_of(self)->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0) Py_VISIT(Py_TYPE(self));
  return base_of(self)->tp_traverse(self, visit, arg);
}

int clear(PyObject* self) {
  RequestTask& task = request_task(self);
  Py_CLEAR(task.loop);
  Py_CLEAR(task.coroutine);
  Py_CLEAR(task.context);
  Py_CLEAR(task.name);
  Py_CLEAR(task.waits_for);
  Py_CLEAR(task.to_raise);
  Py_CLEAR(task.cancelled);
  return base_of(self)->tp_clear(self);
}

bool report_destroyed(PyObject* self) {
  const Ref facts = steal(
      Py_BuildValue("{s:O,s:s}", "task", self, "message", "Task was destroyed but it is pending!"));
  return facts && steal(PyObject_CallMethod(request_task(self).loop, "call_exception_handler", "O",
                                            facts.get()));
}

void finalize(PyObject* self) {
  const python::ErrorAside aside;  // of whoever drops it
  const RequestTask& task = request_task(self);
  if (!task.is_over && task.is_known && !task.is_silenced && !report_destroyed(self))
    PyErr_WriteUnraisable(self);
  // "... exception was never retrieved", with the type's name, which therefore is Task.
  base_of(self)->tp_finalize(self);
}

void free_task(PyObject* self) {
  if (PyObject_CallFinalizerFromDealloc(self) < 0) return;  // somebody has taken it up again
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  PyObject_ClearWeakRefs(self);
  clear(self);
  type->tp_free(self);
  Py_DECREF(type);
}

PyMethodDef methods[] = {
    {"cancel", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(task_cancel)),
     METH_VARARGS | METH_KEYWORDS, nullptr},
    {"cancelling", task_cancelling, METH_NOARGS, nullptr},
    {"uncancel", task_uncancel, METH_NOARGS, nullptr},
    {"result", task_result, METH_NOARGS, nullptr},
    {"exception", task_exception, METH_NOARGS, nullptr},
    {"_make_cancelled_error", task_make_cancelled_error, METH_NOARGS, nullptr},
    {"get_coro", task_get_coro, METH_NOARGS, nullptr},
    {"get_context", task_get_context, METH_NOARGS, nullptr},
    {"get_name", task_get_name, METH_NOARGS, nullptr},
    {"set_name", task_set_name, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyGetSetDef attributes[] = {
    {"_coro", get_coroutine, nullptr, nullptr, nullptr},
    {"_fut_waiter", get_waits_for, nullptr, nullptr, nullptr},
    {"_must_cancel", get_must_cancel, nullptr, nullptr, nullptr},
    {"_log_destroy_pending", get_log_destroy_pending, set_log_destroy_pending, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyType_Slot slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(free_task)},
    {Py_tp_finalize, reinterpret_cast<void*>(finalize)},
    {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(clear)},
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
    {0, nullptr},
};

Ref make_type(PyObject* module, PyTypeObject* base) {
  PyType_Spec spec{"asgi_worker.Task", 0, 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                   slots};
  spec.basicsize = static_cast<int>(base->tp_basicsize) + static_cast<int>(sizeof(RequestTask));
  return steal(PyType_FromModuleAndSpec(module, &spec, reinterpret_cast<PyObject*>(base)));
}

}  // namespace

std::unique_ptr<RequestTaskType> RequestTaskType::make(PyObject* module) {
  const Ref c_asyncio = steal(PyImport_ImportModule("_asyncio"));
  if (!c_asyncio) {
    if (PyErr_ExceptionMatches(PyExc_ImportError)) PyErr_Clear();
    return nullptr;
  }
  const Ref tasks = steal(PyImport_ImportModule("asyncio.tasks"));
  const Ref exceptions = steal(PyImport_ImportModule("asyncio.exceptions"));
  if (!tasks || !exceptions) return nullptr;
  const auto of = [](const Ref& object, const char* name) {
    return object ? steal(PyObject_GetAttrString(object.get(), name)) : Ref{};
  };
  const Ref base = of(c_asyncio, "Task");
  const Ref in_use = of(tasks, "Task");
  const Ref future = of(c_asyncio, "Future");
  if (!base || !in_use || !future) return nullptr;
  if (base.get() != in_use.get() || !PyType_Check(base.get())) return nullptr;

  auto kind = std::make_unique<RequestTaskType>();
  kind->future_type = reinterpret_cast<PyTypeObject*>(future.get());
  kind->type = make_type(module, reinterpret_cast<PyTypeObject*>(base.get()));
  kind->set_result = of(future, "set_result");
  kind->set_exception = of(future, "set_exception");
  kind->cancel_future = of(future, "cancel");
  kind->make_cancelled_error = of(future, "_make_cancelled_error");
  kind->result = of(future, "result");
  kind->exception = of(future, "exception");
  if (const Ref callbacks = of(future, "_callbacks"))
    kind->callbacks = python::getter_of(callbacks.get());
  else
    PyErr_Clear();
  kind->register_task = of(tasks, "_register_task");
  if (python::has_swap_current_task)
    kind->swap_current_task = of(c_asyncio, "_swap_current_task");
  else
    kind->current_tasks = of(tasks, "_current_tasks");
  kind->cancelled_error = of(exceptions, "CancelledError");
  kind->invalid_state_error = of(exceptions, "InvalidStateError");

  const auto interned = [](const char* text) { return steal(PyUnicode_InternFromString(text)); };
  kind->cancel = interned("cancel");
  kind->throw_in = interned("throw");
  kind->call_soon = interned("call_soon");
  kind->get_loop = interned("get_loop");
  kind->loop = interned("_loop");
  kind->value = interned("value");
  kind->blocking = interned("_asyncio_future_blocking");
  kind->add_done_callback = interned("add_done_callback");
  kind->cancel_message = interned("_cancel_message");
  kind->log_traceback = interned("_log_traceback");
  kind->read_result = interned("result");
  kind->context_keyword = steal(Py_BuildValue("(s)", "context"));
  kind->message_keyword = steal(Py_BuildValue("(s)", "msg"));
  kind->no_arguments = steal(PyTuple_New(0));
  return PyErr_Occurred() == nullptr ? std::move(kind) : nullptr;
}

}  // namespace asgi_worker::loop
