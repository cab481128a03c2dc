// DatagramTransport: a Datagram as Python sees it.
#include "asgi-worker/loop/datagram.hpp"
#include "asgi-worker/loop/transport_type.hpp"
#include "asgi-worker/loop/types.hpp"
#include "asgi-worker/python/compat.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;
using python::Ref;

/// _open(loop, fd, protocol, socket, address, is_connected)
PyObject* open_datagram(PyObject* self, PyObject* arguments) {
  PyObject* loop_object = nullptr;
  PyObject* protocol = nullptr;
  PyObject* socket = nullptr;
  PyObject* address = nullptr;
  int fd = -1;
  int is_connected = 0;
  if (!PyArg_ParseTuple(arguments, "OiOOOp", &loop_object, &fd, &protocol, &socket, &address,
                        &is_connected))
    return nullptr;
  Loop* const loop = loop_to_open_on(self, loop_object);
  PyObject* const module = loop != nullptr ? python::module_of(Py_TYPE(self)) : nullptr;
  const Types* const types = module != nullptr ? types_of(module) : nullptr;
  const int is_fixed = types != nullptr ? PyObject_IsTrue(address) : -1;
  if (is_fixed < 0) return nullptr;
  Target target{is_connected != 0, is_fixed != 0 ? borrow(address) : Ref{}};
  auto datagram = std::make_unique<Datagram>(self, *loop, borrow(loop_object), fd, socket,
                                             std::move(target), types->sockets);
  return opened(self, std::move(datagram), protocol);
}

/// sendto(data, addr=None)
PyObject* send_to(PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                  PyObject* keywords) {
  PyObject* given[2] = {nullptr, Py_None};
  const Py_ssize_t named = keywords != nullptr ? PyTuple_GET_SIZE(keywords) : 0;
  bool is_fine = count <= 2;
  for (Py_ssize_t index = 0; is_fine && index < count; ++index) given[index] = arguments[index];
  for (Py_ssize_t index = 0; is_fine && index < named; ++index) {
    PyObject* const keyword = PyTuple_GET_ITEM(keywords, index);
    const bool is_data = PyUnicode_CompareWithASCIIString(keyword, "data") == 0;
    const bool is_address = PyUnicode_CompareWithASCIIString(keyword, "addr") == 0;
    is_fine = (is_data && count < 1) || (is_address && count < 2);
    given[is_data ? 0 : 1] = arguments[count + index];
  }
  if (!is_fine || given[0] == nullptr) {
    PyErr_SetString(PyExc_TypeError, "sendto() takes data and, if need be, addr");
    return nullptr;
  }
  Datagram* const datagram = transport_of<Datagram>(self);
  return datagram != nullptr ? none_or_error(datagram->send_to(given[0], given[1])) : nullptr;
}

PyGetSetDef attributes[] = {
    {"_protocol_paused", get_protocol_paused, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace

/// As asyncio's own, an asyncio.Transport too.
Ref make_datagram_type(PyObject* module) {
  static Methods methods =
      joined({shared_methods(),
              reading_methods(),
              writing_methods(),
              {{"_open", open_datagram, METH_VARARGS, nullptr},
               {"sendto", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(send_to)),
                METH_FASTCALL | METH_KEYWORDS, "Sends a datagram, now or when there is room."}}});
  return make_type(module, "asgi_worker._asgi_worker.DatagramTransport", "_FlowControlMixin",
                   methods, attributes);
}

}  // namespace asgi_worker::loop
