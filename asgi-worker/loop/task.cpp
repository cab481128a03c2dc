#include "asgi-worker/loop/task.hpp"

#include <structmember.h>

#include <cstddef>

#include "asgi-worker/python/compat.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;
using python::Ref;
using python::steal;

struct CaptureObject {
  PyObject_HEAD vectorcallfunc call;
  PyObject* step;
  PyObject* context;
};

CaptureObject& capture_of(PyObject* object) { return *reinterpret_cast<CaptureObject*>(object); }

/// call_soon(step, context=context), kept instead of scheduled.
PyObject* keep(PyObject* self, PyObject* const* arguments, std::size_t flags, PyObject* keywords) {
  if (PyVectorcall_NARGS(flags) != 1) {
    PyErr_SetString(PyExc_RuntimeError, "a task schedules its step without arguments");
    return nullptr;
  }
  auto& capture = capture_of(self);
  Py_XSETREF(capture.step, Py_NewRef(arguments[0]));
  const bool has_context = keywords != nullptr && PyTuple_GET_SIZE(keywords) == 1;
  Py_XSETREF(capture.context, has_context ? Py_NewRef(arguments[1]) : nullptr);
  return Py_NewRef(Py_None);
}

void free_capture(PyObject* object) {
  PyTypeObject* const type = Py_TYPE(object);
  Py_CLEAR(capture_of(object).step);
  Py_CLEAR(capture_of(object).context);
  type->tp_free(object);
  Py_DECREF(type);
}

PyMemberDef capture_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(CaptureObject, call), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};
PyType_Slot capture_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(free_capture)},
    {Py_tp_members, capture_members},
    {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
    {0, nullptr},
};
PyType_Spec capture_spec{
    "asgi_worker.Capture", sizeof(CaptureObject), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_HAVE_VECTORCALL,
    capture_slots};

}  // namespace

Ref make_capture_type(PyObject* module) {
  return steal(PyType_FromModuleAndSpec(module, &capture_spec, nullptr));
}

EagerTasks::EagerTasks(Ref loop, PyObject* capture_type) : loop_{std::move(loop)} {
  const Ref asyncio = steal(PyImport_ImportModule("asyncio"));
  if (!asyncio) return;
  task_type_ = steal(PyObject_GetAttrString(asyncio.get(), "Task"));
  current_task_ = steal(PyObject_GetAttrString(asyncio.get(), "current_task"));
  auto* const type = reinterpret_cast<PyTypeObject*>(capture_type);
  capture_ = steal(type->tp_alloc(type, 0));
  if (capture_) capture_of(capture_.get()).call = keep;
  call_soon_ = steal(PyUnicode_InternFromString("call_soon"));
  done_ = steal(PyUnicode_InternFromString("done"));
  eager_arguments_ = steal(Py_BuildValue("(ss)", "loop", "eager_start"));
  arguments_ = steal(Py_BuildValue("(s)", "loop"));
}

Ref EagerTasks::start(PyObject* coroutine) {
  const Ref current = steal(PyObject_CallOneArg(current_task_.get(), loop_.get()));
  if (!current) return {};
  if (current.get() != Py_None) return make(coroutine);

  Ref task = python::has_eager_tasks ? make(coroutine) : make_captured(coroutine);
  if (!task) return {};
  const Ref is_done = steal(PyObject_CallMethodNoArgs(task.get(), done_.get()));
  if (!is_done) return {};
  return is_done.get() == Py_True ? Ref{} : std::move(task);
}

Ref EagerTasks::make(PyObject* coroutine) const {
  PyObject* const values[] = {coroutine, loop_.get(), Py_True};
  const Ref& names = python::has_eager_tasks ? eager_arguments_ : arguments_;
  return steal(PyObject_Vectorcall(task_type_.get(), values, 1, names.get()));
}

Ref EagerTasks::make_captured(PyObject* coroutine) {
  // A loop without a __dict__ (uvloop's) cannot be put into capture mode: its task starts later.
  if (PyObject_SetAttr(loop_.get(), call_soon_.get(), capture_.get()) != 0) {
    PyErr_Clear();
    return make(coroutine);
  }
  Ref task = make(coroutine);
  if (PyObject_DelAttr(loop_.get(), call_soon_.get()) != 0) return {};
  if (!task || !run_captured()) return {};
  return task;
}

bool EagerTasks::run_captured() {
  auto& capture = capture_of(capture_.get());
  const Ref step = steal(std::exchange(capture.step, nullptr));
  const Ref context = steal(std::exchange(capture.context, nullptr));
  if (!step) return true;
  if (context && PyContext_Enter(context.get()) != 0) return false;
  const Ref result = steal(PyObject_CallNoArgs(step.get()));
  if (context && PyContext_Exit(context.get()) != 0) return false;
  return static_cast<bool>(result);
}

}  // namespace asgi_worker::loop
