// The exception that send() raises when nobody is there to read the answer any more, and how to
// tell whether what an application raised says just that. GIL held.
#pragma once

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::asgi {

/// asgi_worker._asgi_worker.ClientDisconnected, a subclass of OSError (ASGI 2.4). Null with a
/// Python error set.
python::Ref make_client_disconnected();

/// Whether an exception that came out of an application whose client has gone tells no more than
/// that: ours, one that a framework raises in its place (Starlette's ClientDisconnect and
/// namesakes), or a group of nothing else.
bool tells_of_disconnect(PyObject* exception, PyObject* client_disconnected);

}  // namespace asgi_worker::asgi
