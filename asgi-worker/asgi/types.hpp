// How the C++ objects of a request lie in Python's.
#pragma once

#include "asgi-worker/asgi/cycle.hpp"
#include "asgi-worker/asgi/spares.hpp"

namespace asgi_worker::asgi {

struct CycleObject {
  PyObject_HEAD PyObject* owner;  // keeps the Application alive
  alignas(Cycle) unsigned char storage[sizeof(Cycle)];
  Cycle& cycle() { return *reinterpret_cast<Cycle*>(storage); }
};

inline Cycle& cycle_of(PyObject* object) { return reinterpret_cast<CycleObject*>(object)->cycle(); }

/// receive and send, as the application gets them.
struct BoundObject {
  PyObject_HEAD vectorcallfunc call;
  Spares* spares;  // the application's, which the cycle keeps alive
  PyObject* cycle;
  // Borrowed: the module's, which this type keeps.
  PyObject* awaitable_type;
  PyObject* sent;  // of send: what make_sent() made
};

PyType_Spec* cycle_spec();
PyType_Spec* receive_spec();
PyType_Spec* send_spec();
PyType_Spec* awaitable_spec();

/// What send() returns when its message is on its way: one for all.
python::Ref make_sent(PyObject* module);
python::Ref make_cycle(PyObject* type, Application& application, PyObject* owner);
python::Ref make_receive(PyObject* type, PyObject* cycle, PyObject* awaitable_type);
python::Ref make_send(PyObject* type, PyObject* cycle, PyObject* awaitable_type, PyObject* sent);

}  // namespace asgi_worker::asgi
