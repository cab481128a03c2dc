// What the Python types of the transports are made of: where an instance keeps its Transport, and
// the methods that they share. Each type has a file of its own; what happens seldom (errors told,
// the end, repr) is in the classes of asgi_worker/transports.py that derive from them. GIL held.
#pragma once

#include <initializer_list>
#include <memory>
#include <vector>

#include "asgi-worker/loop/transport.hpp"

namespace asgi_worker::loop {

/// False with a Python error set; before anything else here.
bool find_transport_layout();

/// False with a Python error set, when it has not been opened.
Transport* transport_of(PyObject* self);
template <class Kind>
Kind* transport_of(PyObject* self) {
  return static_cast<Kind*>(transport_of(self));
}

/// The loop of ours that an _open() is given, for an object that has no transport yet; else null
/// with a Python error set.
Loop* loop_to_open_on(PyObject* self, PyObject* loop);
/// None; null with a Python error set.
PyObject* opened(PyObject* self, std::unique_ptr<Transport> transport, PyObject* protocol);

/// _open(loop, fd, protocol)
template <class Kind>
PyObject* open_on_descriptor(PyObject* self, PyObject* arguments) {
  PyObject* loop_object = nullptr;
  PyObject* protocol = nullptr;
  int fd = -1;
  if (!PyArg_ParseTuple(arguments, "OiO", &loop_object, &fd, &protocol)) return nullptr;
  Loop* const loop = loop_to_open_on(self, loop_object);
  if (loop == nullptr) return nullptr;
  return opened(self, std::make_unique<Kind>(self, *loop, python::borrow(loop_object), fd),
                protocol);
}
inline PyObject* can_write_eof(PyObject*, PyObject*) { Py_RETURN_TRUE; }

inline PyObject* none_or_error(bool is_done) { return is_done ? Py_NewRef(Py_None) : nullptr; }

template <class Kind, bool (Kind::*Action)()>
PyObject* act(PyObject* self, PyObject*) {
  Kind* const transport = transport_of<Kind>(self);
  return transport != nullptr ? none_or_error((transport->*Action)()) : nullptr;
}
template <class Kind, bool (Kind::*Action)(PyObject*)>
PyObject* act_with(PyObject* self, PyObject* argument) {
  Kind* const transport = transport_of<Kind>(self);
  return transport != nullptr ? none_or_error((transport->*Action)(argument)) : nullptr;
}
PyObject* writelines(PyObject* self, PyObject* pieces);  // by its write()

using Methods = std::vector<PyMethodDef>;
Methods shared_methods();
Methods reading_methods();
Methods writing_methods();
/// One after the other, ended as CPython wants it.
Methods joined(std::initializer_list<Methods> parts);

/// `methods` and `attributes` stay. Null with a Python error set.
python::Ref make_type(PyObject* module, const char* name, const char* base, Methods& methods,
                      PyGetSetDef* attributes);
/// The attribute _protocol_paused, which asyncio's sendfile() reads.
PyObject* get_protocol_paused(PyObject* self, void*);

}  // namespace asgi_worker::loop
