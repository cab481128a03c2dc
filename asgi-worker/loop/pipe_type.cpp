// ReadPipeTransport and WritePipeTransport: pipes as Python sees them.
#include "asgi-worker/loop/pipe.hpp"
#include "asgi-worker/loop/transport_type.hpp"
#include "asgi-worker/loop/types.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;
using python::Ref;

/// _open(loop, fd, protocol)
template <class Kind>
PyObject* open_pipe(PyObject* self, PyObject* arguments) {
  PyObject* loop_object = nullptr;
  PyObject* protocol = nullptr;
  int fd = -1;
  if (!PyArg_ParseTuple(arguments, "OiO", &loop_object, &fd, &protocol)) return nullptr;
  Loop* const loop = loop_to_open_on(self, loop_object);
  if (loop == nullptr) return nullptr;
  return opened(self, std::make_unique<Kind>(self, *loop, borrow(loop_object), fd), protocol);
}

PyObject* can_write_eof(PyObject*, PyObject*) { Py_RETURN_TRUE; }

PyGetSetDef attributes[] = {
    {"_protocol_paused", get_protocol_paused, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace

Ref make_read_pipe_type(PyObject* module) {
  static Methods methods = joined({shared_methods(),
                                   reading_methods(),
                                   {{"_open", open_pipe<ReadPipe>, METH_VARARGS, nullptr}}});
  return make_type(module, "asgi_worker._asgi_worker.ReadPipeTransport", "ReadTransport", methods,
                   nullptr);
}

Ref make_write_pipe_type(PyObject* module) {
  static Methods methods =
      joined({shared_methods(),
              writing_methods(),
              {{"_open", open_pipe<WritePipe>, METH_VARARGS, nullptr},
               {"write", act_with<WritePipe, &WritePipe::write>, METH_O,
                "Writes it, now or when it is taken."},
               {"writelines", writelines, METH_O, "As one write()."},
               {"write_eof", act<Transport, &Transport::close>, METH_NOARGS, "As close()."},
               {"can_write_eof", can_write_eof, METH_NOARGS, "True."}}});
  return make_type(module, "asgi_worker._asgi_worker.WritePipeTransport", "_FlowControlMixin",
                   methods, attributes);
}

}  // namespace asgi_worker::loop
