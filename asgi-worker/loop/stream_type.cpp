// StreamTransport: a Stream as Python sees it, an asyncio.Transport.
#include "asgi-worker/loop/stream.hpp"
#include "asgi-worker/loop/transport_type.hpp"
#include "asgi-worker/loop/types.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;

/// _open(loop, fd, protocol)
PyObject* open_stream(PyObject* self, PyObject* arguments) {
  PyObject* loop_object = nullptr;
  PyObject* protocol = nullptr;
  int fd = -1;
  if (!PyArg_ParseTuple(arguments, "OiO", &loop_object, &fd, &protocol)) return nullptr;
  Loop* const loop = loop_to_open_on(self, loop_object);
  if (loop == nullptr) return nullptr;
  return opened(self, std::make_unique<Stream>(self, *loop, borrow(loop_object), fd), protocol);
}

PyObject* can_write_eof(PyObject*, PyObject*) { Py_RETURN_TRUE; }

PyObject* get_empty_waiter(PyObject* self, void*) {
  const Stream* const stream = transport_of<Stream>(self);
  if (stream == nullptr) return nullptr;
  return Py_NewRef(stream->empty_waiter ? stream->empty_waiter.get() : Py_None);
}
int set_empty_waiter(PyObject* self, PyObject* value, void*) {
  Stream* const stream = transport_of<Stream>(self);
  if (stream == nullptr) return -1;
  stream->empty_waiter = borrow(value);
  return 0;
}

PyGetSetDef attributes[] = {
    {"_protocol_paused", get_protocol_paused, nullptr, nullptr, nullptr},
    {"_empty_waiter", get_empty_waiter, set_empty_waiter, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace

/// asyncio.Transport by way of its private mixin, which loop.sendfile() insists on.
python::Ref make_stream_type(PyObject* module) {
  static Methods methods = joined(
      {shared_methods(),
       reading_methods(),
       writing_methods(),
       {{"_open", open_stream, METH_VARARGS, nullptr},
        {"write", act_with<Stream, &Stream::write>, METH_O, "Sends it, now or when it is taken."},
        {"writelines", writelines, METH_O, "As one write()."},
        {"write_eof", act<Stream, &Stream::write_eof>, METH_NOARGS,
         "Ends the writing side when all is sent."},
        {"can_write_eof", can_write_eof, METH_NOARGS, "True."}}});
  return make_type(module, "asgi_worker._asgi_worker.StreamTransport", "_FlowControlMixin", methods,
                   attributes);
}

}  // namespace asgi_worker::loop
