#include "asgi-worker/loop/handle.hpp"

#include <array>

#include "asgi-worker/python/compat.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;
using python::Ref;
using python::steal;

/// Where asyncio's classes keep their slots. No state: asyncio's source decides it, once for all
/// interpreters of a process.
struct Layout {
  Py_ssize_t callback, arguments, cancelled, loop, traceback, repr, context;
  Py_ssize_t scheduled, when;
  Py_ssize_t timing;
};
Layout layout;

PyObject*& slot(PyObject* object, Py_ssize_t offset) {
  return *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + offset);
}

void set_slot(PyObject* object, Py_ssize_t offset, PyObject* value) {
  PyObject*& at = slot(object, offset);
  PyObject* const old = at;
  at = Py_NewRef(value);
  Py_XDECREF(old);
}

bool read_layout(PyObject* handle, PyObject* timer) {
  struct Row {
    Py_ssize_t* to;
    PyObject* type;
    const char* name;
  };
  const std::array rows{
      Row{&layout.callback, handle, "_callback"},
      Row{&layout.arguments, handle, "_args"},
      Row{&layout.cancelled, handle, "_cancelled"},
      Row{&layout.loop, handle, "_loop"},
      Row{&layout.repr, handle, "_repr"},
      Row{&layout.context, handle, "_context"},
      Row{&layout.scheduled, timer, "_scheduled"},
      Row{&layout.when, timer, "_when"},
      Row{&layout.traceback, handle, "_source_traceback"},
  };
  for (const Row& row : rows) {
    *row.to = python::slot_offset(row.type, row.name);
    if (*row.to == 0) return false;
  }
  layout.timing = python::instance_size(timer);
  return true;
}

Ref tuple_of(const Call& call) {
  Ref tuple = steal(PyTuple_New(call.count));
  for (Py_ssize_t index = 0; tuple && index < call.count; ++index)
    PyTuple_SET_ITEM(tuple.get(), index, Py_NewRef(call.arguments[index]));
  return tuple;
}

/// What both kinds have; `handle` is new, its slots empty.
bool fill(PyObject* handle, PyObject* loop, const Call& call) {
  const bool has_context = call.context != nullptr && call.context != Py_None;
  slot(handle, layout.context) = has_context ? Py_NewRef(call.context) : PyContext_CopyCurrent();
  slot(handle, layout.arguments) = tuple_of(call).release();
  if (slot(handle, layout.context) == nullptr || slot(handle, layout.arguments) == nullptr)
    return false;
  slot(handle, layout.callback) = Py_NewRef(call.callback);
  slot(handle, layout.loop) = Py_NewRef(loop);
  slot(handle, layout.cancelled) = Py_NewRef(Py_False);
  slot(handle, layout.repr) = Py_NewRef(Py_None);
  slot(handle, layout.traceback) = Py_NewRef(Py_None);
  return true;
}

void set_time(PyObject* timer, double at) {
  Timing& timing = timing_of(timer);
  timing.when = at;
  timing.sequence = 0;
  timing.place = 0;
}

PyObject* cancel_handle(PyObject* self, PyObject*) {
  return cancel(self) ? Py_NewRef(Py_None) : nullptr;
}

PyObject* cancel_timer(PyObject* self, PyObject*) {
  if (is_cancelled(self)) Py_RETURN_NONE;
  const Ref told =
      steal(PyObject_CallMethod(slot(self, layout.loop), "_timer_handle_cancelled", "O", self));
  return told && cancel(self) ? Py_NewRef(Py_None) : nullptr;
}

PyMethodDef handle_methods[] = {
    {"cancel", cancel_handle, METH_NOARGS, "Never to be called, if it has not been yet."},
    {nullptr, nullptr, 0, nullptr},
};
PyMethodDef timer_methods[] = {
    {"cancel", cancel_timer, METH_NOARGS, "Never to be called, if it has not been yet."},
    {nullptr, nullptr, 0, nullptr},
};
PyType_Slot handle_slots[] = {{Py_tp_methods, handle_methods}, {0, nullptr}};
PyType_Slot timer_slots[] = {{Py_tp_methods, timer_methods}, {0, nullptr}};

Ref derive(PyObject* module, const char* name, PyType_Slot* slots, PyObject* base, int own_size) {
  PyType_Spec spec{name, static_cast<int>(python::instance_size(base)) + own_size, 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  return steal(PyType_FromModuleAndSpec(module, &spec, base));
}

}  // namespace

bool HandleTypes::make(PyObject* module) {
  const Ref asyncio = steal(PyImport_ImportModule("asyncio"));
  if (!asyncio) return false;
  const Ref handle = steal(PyObject_GetAttrString(asyncio.get(), "Handle"));
  const Ref timer = steal(PyObject_GetAttrString(asyncio.get(), "TimerHandle"));
  if (!handle || !timer || !read_layout(handle.get(), timer.get())) return false;
  handle_ = derive(module, "asgi_worker.Handle", handle_slots, handle.get(), 0);
  timer_ = derive(module, "asgi_worker.TimerHandle", timer_slots, timer.get(), sizeof(Timing));
  return handle_ && timer_;
}

Ref HandleTypes::handle(PyObject* loop, const Call& call) const {
  Ref made = steal(handle_type()->tp_alloc(handle_type(), 0));
  return made && fill(made.get(), loop, call) ? std::move(made) : Ref{};
}

Ref HandleTypes::timer(PyObject* loop, PyObject* when, double at, const Call& call) const {
  Ref made = steal(timer_type()->tp_alloc(timer_type(), 0));
  if (!made || !fill(made.get(), loop, call)) return {};
  slot(made.get(), layout.when) = Py_NewRef(when);
  slot(made.get(), layout.scheduled) = Py_NewRef(Py_False);
  set_time(made.get(), at);
  return made;
}

Ref HandleTypes::handle_for_debug(PyObject* loop, const Call& call) const {
  const Ref arguments = tuple_of(call);
  PyObject* const context = call.context != nullptr ? call.context : Py_None;
  if (!arguments) return {};
  return steal(PyObject_CallFunctionObjArgs(handle_.get(), call.callback, arguments.get(), loop,
                                            context, nullptr));
}

Ref HandleTypes::timer_for_debug(PyObject* loop, PyObject* when, double at,
                                 const Call& call) const {
  const Ref arguments = tuple_of(call);
  PyObject* const context = call.context != nullptr ? call.context : Py_None;
  if (!arguments) return {};
  Ref made = steal(PyObject_CallFunctionObjArgs(timer_.get(), when, call.callback, arguments.get(),
                                                loop, context, nullptr));
  if (made) set_time(made.get(), at);
  return made;
}

Timing& timing_of(PyObject* timer) {
  return *reinterpret_cast<Timing*>(reinterpret_cast<char*>(timer) + layout.timing);
}

PyObject* timer_of(Timing& timing) {
  return reinterpret_cast<PyObject*>(reinterpret_cast<char*>(&timing) - layout.timing);
}

void set_scheduled(PyObject* timer, bool is_scheduled) {
  set_slot(timer, layout.scheduled, is_scheduled ? Py_True : Py_False);
}

bool is_cancelled(PyObject* handle) { return slot(handle, layout.cancelled) == Py_True; }

bool cancel(PyObject* handle) {
  if (is_cancelled(handle)) return true;
  set_slot(handle, layout.cancelled, Py_True);
  const Ref debug = steal(PyObject_CallMethod(slot(handle, layout.loop), "get_debug", nullptr));
  if (!debug) return false;
  if (debug.get() == Py_True) {  // what it was is of interest when it turns out to be slow
    const Ref text = steal(PyObject_Repr(handle));
    if (!text) return false;
    set_slot(handle, layout.repr, text.get());
  }
  set_slot(handle, layout.callback, Py_None);
  set_slot(handle, layout.arguments, Py_None);
  return true;
}

bool call(PyObject* handle) {
  // Kept: the callback may cancel its own handle.
  const Ref context = borrow(slot(handle, layout.context));
  const Ref callback = borrow(slot(handle, layout.callback));
  const Ref arguments = borrow(slot(handle, layout.arguments));
  if (!context || !callback || !arguments || !PyTuple_Check(arguments.get())) {
    PyErr_SetString(PyExc_RuntimeError, "a handle that was never initialised");
    return false;
  }
  if (PyContext_Enter(context.get()) != 0) return false;
  const auto count = static_cast<std::size_t>(PyTuple_GET_SIZE(arguments.get()));
  const Ref result = steal(
      PyObject_Vectorcall(callback.get(), PySequence_Fast_ITEMS(arguments.get()), count, nullptr));
  return PyContext_Exit(context.get()) == 0 && result;
}

}  // namespace asgi_worker::loop
