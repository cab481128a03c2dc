// ReadPipeTransport and WritePipeTransport: pipes as Python sees them.
#include "asgi-worker/loop/pipe.hpp"
#include "asgi-worker/loop/transport_type.hpp"
#include "asgi-worker/loop/types.hpp"

namespace asgi_worker::loop {
namespace {

using python::Ref;

PyGetSetDef attributes[] = {
    {"_protocol_paused", get_protocol_paused, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace

Ref make_read_pipe_type(PyObject* module) {
  static Methods methods =
      joined({shared_methods(),
              reading_methods(),
              {{"_open", open_on_descriptor<ReadPipe>, METH_VARARGS, nullptr}}});
  return make_type(module, "asgi_worker._asgi_worker.ReadPipeTransport", "ReadTransport", methods,
                   nullptr);
}

Ref make_write_pipe_type(PyObject* module) {
  static Methods methods =
      joined({shared_methods(),
              writing_methods(),
              {{"_open", open_on_descriptor<WritePipe>, METH_VARARGS, nullptr},
               {"write", act_with<WritePipe, &WritePipe::write>, METH_O,
                "Writes it, now or when it is taken."},
               {"writelines", writelines, METH_O, "As one write()."},
               {"write_eof", act<Transport, &Transport::close>, METH_NOARGS, "As close()."},
               {"can_write_eof", can_write_eof, METH_NOARGS, "True."}}});
  return make_type(module, "asgi_worker._asgi_worker.WritePipeTransport", "_FlowControlMixin",
                   methods, attributes);
}

}  // namespace asgi_worker::loop
