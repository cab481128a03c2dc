// StreamTransport: a Stream as Python sees it, an asyncio.Transport. What happens seldom (errors
// told, the end, repr) is in asgi_worker/loop.py's class that derives from it.

#include <memory>

#include "asgi-worker/loop/stream.hpp"
#include "asgi-worker/loop/types.hpp"
#include "asgi-worker/python/compat.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;
using python::Ref;
using python::steal;

/// Where our field begins, behind those of asyncio's class, and where its slots with references
/// are. As for the handles no state: the same for all interpreters of a process.
Py_ssize_t own_offset = 0;
Py_ssize_t extra_offset = 0;
Py_ssize_t loop_offset = 0;

template <class Value>
Value& field(PyObject* self, Py_ssize_t offset) {
  return *reinterpret_cast<Value*>(reinterpret_cast<char*>(self) + offset);
}
Stream* stream_in(PyObject* self) { return field<Stream*>(self, own_offset); }

/// False with a Python error set, when __init__ has not been called.
Stream* stream_of(PyObject* self) {
  Stream* const stream = stream_in(self);
  if (stream == nullptr) PyErr_SetString(PyExc_RuntimeError, "a transport that was never opened");
  return stream;
}

int visit_transport(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(field<PyObject*>(self, extra_offset));
  Py_VISIT(field<PyObject*>(self, loop_offset));
  const Stream* const stream = stream_in(self);
  return stream != nullptr ? stream->traverse(visit, arg) : 0;
}

int clear_transport(PyObject* self) {
  Py_CLEAR(field<PyObject*>(self, extra_offset));
  Py_CLEAR(field<PyObject*>(self, loop_offset));
  if (Stream* const stream = stream_in(self)) {
    stream->empty_waiter.reset();
    stream->end();
  }
  return 0;
}

void free_transport(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_CLEAR(field<PyObject*>(self, extra_offset));
  Py_CLEAR(field<PyObject*>(self, loop_offset));
  delete std::exchange(field<Stream*>(self, own_offset), nullptr);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* none_or_error(bool is_done) { return is_done ? Py_NewRef(Py_None) : nullptr; }

/// _open(loop, fd, protocol)
PyObject* transport_open(PyObject* self, PyObject* arguments) {
  PyObject* loop_object = nullptr;
  PyObject* protocol = nullptr;
  int fd = -1;
  if (!PyArg_ParseTuple(arguments, "OiO", &loop_object, &fd, &protocol)) return nullptr;
  PyObject* const module = python::module_of(Py_TYPE(self));
  Loop* const loop = module != nullptr ? loop_of(module, loop_object) : nullptr;
  if (loop == nullptr || stream_in(self) != nullptr) {
    if (PyErr_Occurred() == nullptr)
      PyErr_SetString(PyExc_TypeError, "a loop of asgi-worker's is expected, and once");
    return nullptr;
  }
  auto stream = std::make_unique<Stream>(self, *loop, borrow(loop_object), fd);
  if (!stream->set_protocol(protocol)) return nullptr;
  field<Stream*>(self, own_offset) = stream.release();
  Py_RETURN_NONE;
}

template <bool (Stream::*Action)()>
PyObject* act(PyObject* self, PyObject*) {
  Stream* const stream = stream_of(self);
  return stream != nullptr ? none_or_error((stream->*Action)()) : nullptr;
}
template <bool (Stream::*Action)(PyObject*)>
PyObject* act_with(PyObject* self, PyObject* argument) {
  Stream* const stream = stream_of(self);
  return stream != nullptr ? none_or_error((stream->*Action)(argument)) : nullptr;
}
template <bool (Stream::*Question)() const>
PyObject* ask(PyObject* self, PyObject*) {
  Stream* const stream = stream_of(self);
  return stream != nullptr ? PyBool_FromLong((stream->*Question)() ? 1 : 0) : nullptr;
}

PyObject* transport_abort(PyObject* self, PyObject*) {
  Stream* const stream = stream_of(self);
  return stream != nullptr ? none_or_error(stream->force_close(Py_None)) : nullptr;
}

PyObject* transport_end(PyObject* self, PyObject*) {
  if (Stream* const stream = stream_in(self)) stream->end();
  Py_RETURN_NONE;
}

PyObject* transport_writelines(PyObject* self, PyObject* pieces) {
  Stream* const stream = stream_of(self);
  const Ref empty = steal(PyBytes_FromStringAndSize(nullptr, 0));
  const Ref joined = stream != nullptr && empty
                         ? steal(PyObject_CallMethod(empty.get(), "join", "O", pieces))
                         : Ref{};
  return joined ? none_or_error(stream->write(joined.get())) : nullptr;
}

PyObject* transport_can_write_eof(PyObject*, PyObject*) { Py_RETURN_TRUE; }

PyObject* transport_get_protocol(PyObject* self, PyObject*) {
  Stream* const stream = stream_of(self);
  if (stream == nullptr) return nullptr;
  return Py_NewRef(stream->protocol() != nullptr ? stream->protocol() : Py_None);
}

PyObject* transport_unsent(PyObject* self, PyObject*) {
  Stream* const stream = stream_of(self);
  return stream != nullptr ? PyLong_FromSize_t(stream->unsent()) : nullptr;
}

PyObject* transport_limits(PyObject* self, PyObject*) {
  Stream* const stream = stream_of(self);
  return stream != nullptr ? Py_BuildValue("nn", static_cast<Py_ssize_t>(stream->low_water()),
                                           static_cast<Py_ssize_t>(stream->high_water()))
                           : nullptr;
}

PyObject* transport_set_limits(PyObject* self, PyObject* arguments) {
  Stream* const stream = stream_of(self);
  Py_ssize_t high = 0;
  Py_ssize_t low = 0;
  if (stream == nullptr || !PyArg_ParseTuple(arguments, "nn", &high, &low)) return nullptr;
  return none_or_error(
      stream->set_limits(static_cast<std::size_t>(high), static_cast<std::size_t>(low)));
}

PyObject* get_protocol_paused(PyObject* self, void*) {
  Stream* const stream = stream_of(self);
  return stream != nullptr ? PyBool_FromLong(stream->is_protocol_paused() ? 1 : 0) : nullptr;
}
PyObject* get_empty_waiter(PyObject* self, void*) {
  const Stream* const stream = stream_of(self);
  if (stream == nullptr) return nullptr;
  return Py_NewRef(stream->empty_waiter ? stream->empty_waiter.get() : Py_None);
}
int set_empty_waiter(PyObject* self, PyObject* value, void*) {
  Stream* const stream = stream_of(self);
  if (stream == nullptr) return -1;
  stream->empty_waiter = borrow(value);
  return 0;
}

PyMethodDef transport_methods[] = {
    {"_open", transport_open, METH_VARARGS, nullptr},
    {"_start_reading", act<&Stream::start_reading>, METH_NOARGS, nullptr},
    {"_force_close", act_with<&Stream::force_close>, METH_O, nullptr},
    {"_end", transport_end, METH_NOARGS, nullptr},
    {"_set_limits", transport_set_limits, METH_VARARGS, nullptr},
    {"write", act_with<&Stream::write>, METH_O, "Sends it, now or when the peer takes it."},
    {"writelines", transport_writelines, METH_O, "As one write()."},
    {"write_eof", act<&Stream::write_eof>, METH_NOARGS, "Ends the writing side when all is sent."},
    {"can_write_eof", transport_can_write_eof, METH_NOARGS, "True."},
    {"close", act<&Stream::close>, METH_NOARGS, "Ends the connection when all is sent."},
    {"abort", transport_abort, METH_NOARGS, "Ends the connection now."},
    {"pause_reading", act<&Stream::pause_reading>, METH_NOARGS, "No data_received() any more."},
    {"resume_reading", act<&Stream::resume_reading>, METH_NOARGS, "data_received() again."},
    {"is_reading", ask<&Stream::is_reading>, METH_NOARGS, "Neither paused nor closing?"},
    {"is_closing", ask<&Stream::is_closing>, METH_NOARGS, "Closed, or about to be?"},
    {"get_protocol", transport_get_protocol, METH_NOARGS, "The protocol, None after the end."},
    {"set_protocol", act_with<&Stream::set_protocol>, METH_O, "Who is told from now on."},
    {"get_write_buffer_size", transport_unsent, METH_NOARGS, "Bytes that wait for the peer."},
    {"get_write_buffer_limits", transport_limits, METH_NOARGS, "(low, high)"},
    {nullptr, nullptr, 0, nullptr},
};
PyGetSetDef transport_attributes[] = {
    {"_protocol_paused", get_protocol_paused, nullptr, nullptr, nullptr},
    {"_empty_waiter", get_empty_waiter, set_empty_waiter, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyType_Slot transport_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(free_transport)},
    {Py_tp_traverse, reinterpret_cast<void*>(visit_transport)},
    {Py_tp_clear, reinterpret_cast<void*>(clear_transport)},
    {Py_tp_methods, transport_methods},
    {Py_tp_getset, transport_attributes},
    {0, nullptr},
};

}  // namespace

/// asyncio.Transport by way of its private mixin, which loop.sendfile() insists on.
Ref make_transport_type(PyObject* module) {
  const Ref transports = steal(PyImport_ImportModule("asyncio.transports"));
  const Ref base =
      transports ? steal(PyObject_GetAttrString(transports.get(), "_FlowControlMixin")) : Ref{};
  if (!base) return {};
  own_offset = python::instance_size(base.get());
  extra_offset = python::slot_offset(base.get(), "_extra");
  loop_offset = python::slot_offset(base.get(), "_loop");
  if (extra_offset == 0 || loop_offset == 0) return {};
  PyType_Spec spec{"asgi_worker._asgi_worker.StreamTransport",
                   static_cast<int>(own_offset + static_cast<Py_ssize_t>(sizeof(Stream*))), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, transport_slots};
  return steal(PyType_FromModuleAndSpec(module, &spec, base.get()));
}

}  // namespace asgi_worker::loop
