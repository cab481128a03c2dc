#include "asgi-worker/loop/transport_type.hpp"

#include <utility>

#include "asgi-worker/loop/types.hpp"
#include "asgi-worker/python/compat.hpp"

namespace asgi_worker::loop {
namespace {

using python::Ref;
using python::steal;

/// Where our field lies, behind those of asyncio's largest class, and where its slots with
/// references are. As for the handles no state: the same for all interpreters of a process.
struct Layout {
  Py_ssize_t own;
  Py_ssize_t extra;
  Py_ssize_t loop;
};
Layout layout;

template <class Value>
Value& field(PyObject* self, Py_ssize_t offset) {
  return *reinterpret_cast<Value*>(reinterpret_cast<char*>(self) + offset);
}
Transport*& transport_in(PyObject* self) { return field<Transport*>(self, layout.own); }

Ref class_of_asyncio(const char* name) {
  const Ref transports = steal(PyImport_ImportModule("asyncio.transports"));
  return transports ? steal(PyObject_GetAttrString(transports.get(), name)) : Ref{};
}

// --- life --------------------------------------------------------------------------------------

int visit_transport(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(field<PyObject*>(self, layout.extra));
  Py_VISIT(field<PyObject*>(self, layout.loop));
  const Transport* const transport = transport_in(self);
  return transport != nullptr ? transport->traverse(visit, arg) : 0;
}

void clear_slots(PyObject* self) {
  Py_CLEAR(field<PyObject*>(self, layout.extra));
  Py_CLEAR(field<PyObject*>(self, layout.loop));
}

int clear_transport(PyObject* self) {
  clear_slots(self);
  if (Transport* const transport = transport_in(self)) transport->end();
  return 0;
}

void free_transport(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  clear_slots(self);
  delete std::exchange(transport_in(self), nullptr);
  type->tp_free(self);
  Py_DECREF(type);
}

// --- methods -----------------------------------------------------------------------------------

PyObject* end(PyObject* self, PyObject*) {
  if (Transport* const transport = transport_in(self)) transport->end();
  Py_RETURN_NONE;
}

PyObject* abort(PyObject* self, PyObject*) {
  Transport* const transport = transport_of(self);
  return transport != nullptr ? none_or_error(transport->force_close(Py_None)) : nullptr;
}

PyObject* get_protocol(PyObject* self, PyObject*) {
  Transport* const transport = transport_of(self);
  if (transport == nullptr) return nullptr;
  return Py_NewRef(transport->protocol() != nullptr ? transport->protocol() : Py_None);
}

template <bool (Transport::*Question)() const>
PyObject* ask(PyObject* self, PyObject*) {
  Transport* const transport = transport_of(self);
  return transport != nullptr ? PyBool_FromLong((transport->*Question)() ? 1 : 0) : nullptr;
}

PyObject* unsent(PyObject* self, PyObject*) {
  Transport* const transport = transport_of(self);
  return transport != nullptr ? PyLong_FromSize_t(transport->unsent()) : nullptr;
}

PyObject* limits(PyObject* self, PyObject*) {
  Transport* const transport = transport_of(self);
  return transport != nullptr ? Py_BuildValue("nn", static_cast<Py_ssize_t>(transport->low_water()),
                                              static_cast<Py_ssize_t>(transport->high_water()))
                              : nullptr;
}

PyObject* set_limits(PyObject* self, PyObject* arguments) {
  Transport* const transport = transport_of(self);
  Py_ssize_t high = 0;
  Py_ssize_t low = 0;
  if (transport == nullptr || !PyArg_ParseTuple(arguments, "nn", &high, &low)) return nullptr;
  return none_or_error(
      transport->set_limits(static_cast<std::size_t>(high), static_cast<std::size_t>(low)));
}

}  // namespace

PyObject* get_protocol_paused(PyObject* self, void*) {
  Transport* const transport = transport_of(self);
  return transport != nullptr ? PyBool_FromLong(transport->is_protocol_paused() ? 1 : 0) : nullptr;
}

bool find_transport_layout() {
  const Ref largest = class_of_asyncio("_FlowControlMixin");
  if (!largest) return false;
  layout.own = python::instance_size(largest.get());
  layout.extra = python::slot_offset(largest.get(), "_extra");
  layout.loop = python::slot_offset(largest.get(), "_loop");
  return layout.extra != 0 && layout.loop != 0;
}

Transport* transport_of(PyObject* self) {
  Transport* const transport = transport_in(self);
  if (transport == nullptr)
    PyErr_SetString(PyExc_RuntimeError, "a transport that was never opened");
  return transport;
}

Loop* loop_to_open_on(PyObject* self, PyObject* loop) {
  PyObject* const module = python::module_of(Py_TYPE(self));
  Loop* const found = module != nullptr ? loop_of(module, loop) : nullptr;
  if (found != nullptr && transport_in(self) == nullptr) return found;
  if (PyErr_Occurred() == nullptr)
    PyErr_SetString(PyExc_TypeError, "a loop of asgi-worker's is expected, and once");
  return nullptr;
}

PyObject* opened(PyObject* self, std::unique_ptr<Transport> transport, PyObject* protocol) {
  if (!transport->set_protocol(protocol)) return nullptr;
  transport_in(self) = transport.release();
  Py_RETURN_NONE;
}

PyObject* writelines(PyObject* self, PyObject* pieces) {
  const Ref empty = steal(PyBytes_FromStringAndSize(nullptr, 0));
  const Ref joined_pieces =
      empty ? steal(PyObject_CallMethod(empty.get(), "join", "(O)", pieces)) : Ref{};
  return joined_pieces ? PyObject_CallMethod(self, "write", "O", joined_pieces.get()) : nullptr;
}

Methods shared_methods() {
  return {
      {"_start_reading", act<Transport, &Transport::start_reading>, METH_NOARGS, nullptr},
      {"_events_came", act<Transport, &Transport::deliver>, METH_NOARGS, nullptr},
      {"_force_close", act_with<Transport, &Transport::force_close>, METH_O, nullptr},
      {"_end", end, METH_NOARGS, nullptr},
      {"close", act<Transport, &Transport::close>, METH_NOARGS, "Ends it when all is sent."},
      {"is_closing", ask<&Transport::is_closing>, METH_NOARGS, "Closed, or about to be?"},
      {"get_protocol", get_protocol, METH_NOARGS, "The protocol, None after the end."},
      {"set_protocol", act_with<Transport, &Transport::set_protocol>, METH_O,
       "Who is told from now on."},
  };
}

Methods reading_methods() {
  return {
      {"pause_reading", act<Transport, &Transport::pause_reading>, METH_NOARGS,
       "Hands nothing over any more."},
      {"resume_reading", act<Transport, &Transport::resume_reading>, METH_NOARGS,
       "Hands over again."},
      {"is_reading", ask<&Transport::is_reading>, METH_NOARGS, "Neither paused nor closing?"},
  };
}

Methods writing_methods() {
  return {
      {"_set_limits", set_limits, METH_VARARGS, nullptr},
      {"abort", abort, METH_NOARGS, "Ends it now."},
      {"get_write_buffer_size", unsent, METH_NOARGS, "Bytes that wait to be sent."},
      {"get_write_buffer_limits", limits, METH_NOARGS, "(low, high)"},
  };
}

Methods joined(std::initializer_list<Methods> parts) {
  Methods all;
  for (const Methods& part : parts) all.insert(all.end(), part.begin(), part.end());
  all.push_back({nullptr, nullptr, 0, nullptr});
  return all;
}

Ref make_type(PyObject* module, const char* name, const char* base, Methods& methods,
              PyGetSetDef* attributes) {
  const Ref derived_from = class_of_asyncio(base);
  if (!derived_from) return {};
  PyType_Slot slots[] = {
      {Py_tp_dealloc, reinterpret_cast<void*>(free_transport)},
      {Py_tp_traverse, reinterpret_cast<void*>(visit_transport)},
      {Py_tp_clear, reinterpret_cast<void*>(clear_transport)},
      {Py_tp_methods, methods.data()},
      attributes != nullptr ? PyType_Slot{Py_tp_getset, attributes} : PyType_Slot{0, nullptr},
      {0, nullptr},
  };
  PyType_Spec spec{name, static_cast<int>(layout.own + static_cast<Py_ssize_t>(sizeof(Transport*))),
                   0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  return steal(PyType_FromModuleAndSpec(module, &spec, derived_from.get()));
}

}  // namespace asgi_worker::loop
