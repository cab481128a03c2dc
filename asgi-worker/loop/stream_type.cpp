// StreamTransport: a Stream as Python sees it, an asyncio.Transport.
#include "asgi-worker/loop/stream.hpp"
#include "asgi-worker/loop/transport_type.hpp"
#include "asgi-worker/loop/types.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;

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
       {{"_open", open_on_descriptor<Stream>, METH_VARARGS, nullptr},
        {"write", act_with<Stream, &Stream::write>, METH_O, "Sends it, now or when it is taken."},
        {"writelines", writelines, METH_O, "As one write()."},
        {"write_eof", act<Stream, &Stream::write_eof>, METH_NOARGS,
         "Ends the writing side when all is sent."},
        {"can_write_eof", can_write_eof, METH_NOARGS, "True."}}});
  return make_type(module, "asgi_worker._asgi_worker.StreamTransport", "_FlowControlMixin", methods,
                   attributes);
}

}  // namespace asgi_worker::loop
