#include "asgi-worker/asgi/types.hpp"

#include <structmember.h>

#include <cstddef>
#include <new>

#include "asgi-worker/asgi/application.hpp"

namespace asgi_worker::asgi {
namespace {

using python::Ref;
using python::steal;

// --- the cycle, as a coroutine ---------------------------------------------------------------

void free_cycle(PyObject* object) {
  auto* const self = reinterpret_cast<CycleObject*>(object);
  PyTypeObject* const type = Py_TYPE(object);
  PyObject* const owner = self->owner;
  Application& application = self->cycle().application();  // the owner's
  self->cycle().~Cycle();
  application.cycles.keep(object);
  Py_DECREF(owner);
  Py_DECREF(type);
}

PySendResult cycle_am_send(PyObject* self, PyObject* argument, PyObject** result) {
  return cycle_of(self).step(argument, result);
}

/// A result of am_send as tp_iternext and send() give it.
PyObject* as_iteration(PySendResult how, PyObject* result) {
  if (how != PYGEN_RETURN) return result;
  const Ref value = steal(result);
  if (value.get() == Py_None) {
    PyErr_SetNone(PyExc_StopIteration);
  } else {
    const Ref stop = steal(PyObject_CallOneArg(PyExc_StopIteration, value.get()));
    if (stop) PyErr_SetObject(PyExc_StopIteration, stop.get());
  }
  return nullptr;
}

PyObject* cycle_send(PyObject* self, PyObject* argument) {
  PyObject* result = nullptr;
  const auto how = cycle_of(self).step(argument, &result);
  return as_iteration(how, result);
}

PyObject* cycle_next(PyObject* self) { return cycle_send(self, Py_None); }

PyObject* cycle_throw(PyObject* self, PyObject* arguments) {
  if (PyTuple_GET_SIZE(arguments) == 0) {
    PyErr_SetString(PyExc_TypeError, "throw expected at least 1 argument, got 0");
    return nullptr;
  }
  return cycle_of(self).throw_in(arguments);
}

PyObject* cycle_close(PyObject* self, PyObject*) {
  PyObject* const inner = cycle_of(self).coroutine();
  return inner != nullptr ? PyObject_CallMethod(inner, "close", nullptr) : Py_NewRef(Py_None);
}

/// cr_frame and its like: the application's own, so that Task.get_stack() and debuggers show it.
PyObject* inner_attribute(PyObject* self, void* name) {
  PyObject* const inner = cycle_of(self).coroutine();
  PyObject* const found =
      inner != nullptr ? PyObject_GetAttrString(inner, static_cast<const char*>(name)) : nullptr;
  if (found != nullptr) return found;
  PyErr_Clear();
  return Py_NewRef(Py_None);
}

char name_frame[] = "cr_frame";
char name_code[] = "cr_code";
char name_running[] = "cr_running";
char name_await[] = "cr_await";
PyGetSetDef cycle_attributes[] = {
    {"cr_frame", inner_attribute, nullptr, nullptr, name_frame},
    {"cr_code", inner_attribute, nullptr, nullptr, name_code},
    {"cr_running", inner_attribute, nullptr, nullptr, name_running},
    {"cr_await", inner_attribute, nullptr, nullptr, name_await},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyMethodDef cycle_methods[] = {
    {"send", cycle_send, METH_O, nullptr},
    {"throw", cycle_throw, METH_VARARGS, nullptr},
    {"close", cycle_close, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

// --- receive and send ------------------------------------------------------------------------

struct AwaitableObject {
  PyObject_HEAD PyObject* cycle;  // null when it has ended
  PyObject* waiting;              // the iterator of the future that it is suspended on
  bool is_sent;                   // of send(): its message is; else of receive()
};

void free_bound(PyObject* object) {
  PyTypeObject* const type = Py_TYPE(object);
  const auto& self = *reinterpret_cast<BoundObject*>(object);
  PyObject* const cycle = self.cycle;
  self.spares->keep(object);
  Py_DECREF(cycle);  // and with it, maybe, the spares
  Py_DECREF(type);
}

PyObject* make_awaitable(const BoundObject& bound) {
  auto* const type = reinterpret_cast<PyTypeObject*>(bound.awaitable_type);
  PyObject* const object = type->tp_alloc(type, 0);
  if (object == nullptr) return nullptr;
  auto* const self = reinterpret_cast<AwaitableObject*>(object);
  self->cycle = Py_NewRef(bound.cycle);
  return object;
}

bool has_arguments(std::size_t flags, PyObject* keywords, Py_ssize_t wanted, const char* name) {
  if (PyVectorcall_NARGS(flags) == wanted &&
      (keywords == nullptr || PyTuple_GET_SIZE(keywords) == 0))
    return true;
  PyErr_Format(PyExc_TypeError, "%s() takes %zd positional argument(s)", name, wanted);
  return false;
}

PyObject* call_receive(PyObject* self, PyObject* const*, std::size_t flags, PyObject* keywords) {
  if (!has_arguments(flags, keywords, 0, "receive")) return nullptr;
  return make_awaitable(*reinterpret_cast<BoundObject*>(self));
}

PyObject* call_send(PyObject* self, PyObject* const* arguments, std::size_t flags,
                    PyObject* keywords) {
  // send(message=...) is seen in the wild.
  const bool is_named =
      keywords != nullptr && PyTuple_GET_SIZE(keywords) == 1 && PyVectorcall_NARGS(flags) == 0;
  if (!is_named && !has_arguments(flags, keywords, 1, "send")) return nullptr;
  // Sent now, not when it is awaited: there is nothing to make then, but when the buffer is full.
  const auto& bound = *reinterpret_cast<BoundObject*>(self);
  switch (cycle_of(bound.cycle).send(arguments[0])) {
    case Outcome::done: return Py_NewRef(bound.sent);
    case Outcome::error: return nullptr;
    case Outcome::wait: break;
  }
  PyObject* const waiting = make_awaitable(bound);
  if (waiting != nullptr) reinterpret_cast<AwaitableObject*>(waiting)->is_sent = true;
  return waiting;
}

// --- what send() returns when the message is on its way --------------------------------------
// One object for all: it has no state.

PySendResult sent_am_send(PyObject*, PyObject*, PyObject** result) {
  *result = Py_NewRef(Py_None);
  return PYGEN_RETURN;
}

PyObject* sent_next(PyObject*) { return nullptr; }  // StopIteration of None

PyObject* sent_send(PyObject*, PyObject*) {
  PyErr_SetNone(PyExc_StopIteration);
  return nullptr;
}

PyObject* sent_close(PyObject*, PyObject*) { return Py_NewRef(Py_None); }

// --- what receive() and send() return --------------------------------------------------------
// Done at once, or suspended on a future. Looks like a coroutine to whoever asks, since
// asyncio.create_task(receive()) is common. Nothing is received before its first step, as with one:
// a message that it took and never handed over would be lost.

void end(AwaitableObject& self) {
  Py_CLEAR(self.waiting);
  Py_CLEAR(self.cycle);
}

void free_awaitable(PyObject* object) {
  PyTypeObject* const type = Py_TYPE(object);
  end(*reinterpret_cast<AwaitableObject*>(object));
  type->tp_free(object);
  Py_DECREF(type);
}

/// One attempt: what came of it, and the message in `result` when it is done.
Outcome attempt(AwaitableObject& self, Cycle& cycle, Ref& result) {
  return self.is_sent ? cycle.go_on_sending() : cycle.receive(result);
}

PySendResult awaitable_am_send(PyObject* object, PyObject* argument, PyObject** result) {
  auto& self = *reinterpret_cast<AwaitableObject*>(object);
  *result = nullptr;
  if (self.cycle == nullptr) {
    PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
    return PYGEN_ERROR;
  }
  const Ref alive = python::borrow(self.cycle);
  Cycle& cycle = cycle_of(self.cycle);
  for (;;) {
    if (self.waiting != nullptr) {
      const auto how = PyIter_Send(self.waiting, argument, result);
      if (how == PYGEN_NEXT) return how;
      Py_CLEAR(self.waiting);
      if (how == PYGEN_ERROR) {
        end(self);
        return how;
      }
      Py_CLEAR(*result);
      argument = Py_None;
    }
    Ref message;
    switch (attempt(self, cycle, message)) {
      case Outcome::done:
        *result = message ? message.release() : Py_NewRef(Py_None);
        end(self);
        return PYGEN_RETURN;
      case Outcome::error: end(self); return PYGEN_ERROR;
      case Outcome::wait: break;
    }
    self.waiting =
        cycle.waiter(self.is_sent ? Cycle::Until::writable : Cycle::Until::message).release();
    if (self.waiting == nullptr) {
      end(self);
      return PYGEN_ERROR;
    }
  }
}

PyObject* awaitable_send(PyObject* self, PyObject* argument) {
  PyObject* result = nullptr;
  const auto how = awaitable_am_send(self, argument, &result);
  return as_iteration(how, result);
}

PyObject* awaitable_next(PyObject* self) { return awaitable_send(self, Py_None); }

PyObject* awaitable_self(PyObject* self) { return Py_NewRef(self); }

void set_thrown(PyObject* type, PyObject* value) {
  if (PyExceptionInstance_Check(type))
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(type)), type);
  else
    PyErr_SetObject(type, value);
}

PyObject* sent_throw(PyObject*, PyObject* arguments) {
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* trace = nullptr;
  if (PyArg_UnpackTuple(arguments, "throw", 1, 3, &type, &value, &trace)) set_thrown(type, value);
  return nullptr;
}

PyObject* awaitable_throw(PyObject* object, PyObject* arguments) {
  auto& self = *reinterpret_cast<AwaitableObject*>(object);
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* trace = nullptr;
  if (!PyArg_UnpackTuple(arguments, "throw", 1, 3, &type, &value, &trace)) return nullptr;
  PyObject* yielded = nullptr;
  if (self.waiting != nullptr) {  // the future's iterator raises it, with its message
    const Ref method = steal(PyObject_GetAttrString(self.waiting, "throw"));
    yielded = method ? PyObject_CallObject(method.get(), arguments) : nullptr;
  } else {
    set_thrown(type, value);
  }
  if (yielded == nullptr) end(self);
  return yielded;
}

PyObject* awaitable_close(PyObject* self, PyObject*) {
  end(*reinterpret_cast<AwaitableObject*>(self));
  return Py_NewRef(Py_None);
}

PyMethodDef awaitable_methods[] = {
    {"send", awaitable_send, METH_O, nullptr},
    {"throw", awaitable_throw, METH_VARARGS, nullptr},
    {"close", awaitable_close, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyMemberDef bound_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(BoundObject, call), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyType_Slot cycle_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(free_cycle)},
    {Py_tp_methods, cycle_methods},
    {Py_tp_getset, cycle_attributes},
    {Py_tp_iter, reinterpret_cast<void*>(awaitable_self)},
    {Py_tp_iternext, reinterpret_cast<void*>(cycle_next)},
    {Py_am_await, reinterpret_cast<void*>(awaitable_self)},
    {Py_am_send, reinterpret_cast<void*>(cycle_am_send)},
    {0, nullptr},
};
PyType_Slot receive_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(free_bound)},
    {Py_tp_members, bound_members},
    {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
    {0, nullptr},
};
PyType_Slot awaitable_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(free_awaitable)},
    {Py_tp_methods, awaitable_methods},
    {Py_tp_iter, reinterpret_cast<void*>(awaitable_self)},
    {Py_tp_iternext, reinterpret_cast<void*>(awaitable_next)},
    {Py_am_await, reinterpret_cast<void*>(awaitable_self)},
    {Py_am_send, reinterpret_cast<void*>(awaitable_am_send)},
    {0, nullptr},
};

PyMethodDef sent_methods[] = {
    {"send", sent_send, METH_O, nullptr},
    {"throw", sent_throw, METH_VARARGS, nullptr},
    {"close", sent_close, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyType_Slot sent_slots[] = {
    {Py_tp_methods, sent_methods},
    {Py_tp_iter, reinterpret_cast<void*>(awaitable_self)},
    {Py_tp_iternext, reinterpret_cast<void*>(sent_next)},
    {Py_am_await, reinterpret_cast<void*>(awaitable_self)},
    {Py_am_send, reinterpret_cast<void*>(sent_am_send)},
    {0, nullptr},
};

constexpr unsigned plain =
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE;
constexpr unsigned callable = plain | Py_TPFLAGS_HAVE_VECTORCALL;
PyType_Spec the_cycle{"asgi_worker.Request", sizeof(CycleObject), 0, plain, cycle_slots};
PyType_Spec the_receive{"asgi_worker.receive", sizeof(BoundObject), 0, callable, receive_slots};
PyType_Spec the_send{"asgi_worker.send", sizeof(BoundObject), 0, callable, receive_slots};
PyType_Spec the_sent{"asgi_worker.Sent", sizeof(PyObject), 0, plain, sent_slots};
PyType_Spec the_awaitable{"asgi_worker.Awaitable", sizeof(AwaitableObject), 0, plain,
                          awaitable_slots};

}  // namespace

PyType_Spec* cycle_spec() { return &the_cycle; }
PyType_Spec* receive_spec() { return &the_receive; }
PyType_Spec* send_spec() { return &the_send; }
PyType_Spec* awaitable_spec() { return &the_awaitable; }

Ref make_sent(PyObject* module) {
  const Ref type = steal(PyType_FromModuleAndSpec(module, &the_sent, nullptr));
  auto* const as_type = reinterpret_cast<PyTypeObject*>(type.get());
  return type ? steal(as_type->tp_alloc(as_type, 0)) : Ref{};
}

Ref make_cycle(PyObject* type, Application& application, PyObject* owner) {
  auto* const as_type = reinterpret_cast<PyTypeObject*>(type);
  PyObject* const object = application.cycles.make(as_type);
  if (object == nullptr) return {};
  auto* const self = reinterpret_cast<CycleObject*>(object);
  new (self->storage) Cycle{application, object};  // cannot fail
  self->owner = Py_NewRef(owner);
  return steal(object);
}

namespace {

Ref make_bound(PyObject* type, Spares& spares, vectorcallfunc call, PyObject* cycle,
               PyObject* awaitable_type, PyObject* sent) {
  Ref object = steal(spares.make(reinterpret_cast<PyTypeObject*>(type)));
  if (!object) return {};
  auto* const self = reinterpret_cast<BoundObject*>(object.get());
  self->spares = &spares;
  self->call = call;
  self->cycle = Py_NewRef(cycle);
  self->awaitable_type = awaitable_type;
  self->sent = sent;
  return object;
}

}  // namespace

Ref make_receive(PyObject* type, PyObject* cycle, PyObject* awaitable_type) {
  return make_bound(type, cycle_of(cycle).application().receives, call_receive, cycle,
                    awaitable_type, nullptr);
}

Ref make_send(PyObject* type, PyObject* cycle, PyObject* awaitable_type, PyObject* sent) {
  return make_bound(type, cycle_of(cycle).application().sends, call_send, cycle, awaitable_type,
                    sent);
}

}  // namespace asgi_worker::asgi
