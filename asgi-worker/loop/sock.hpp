// sock_recv, sock_recv_into, sock_sendall: tried at once; what would block becomes a SockOperation,
// with a future that is done when the descriptor was ready and the call went through. The methods
// give the result or that operation; the coroutines around them are asgi_worker/loop.py's. They
// never block, whatever mode the socket is in. GIL held.
#pragma once

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::loop {

/// (socket, size) -> bytes or operation.
PyObject* sock_recv(PyObject* loop, PyObject* const* arguments, Py_ssize_t count);
/// (socket, buffer) -> int or operation.
PyObject* sock_recv_into(PyObject* loop, PyObject* const* arguments, Py_ssize_t count);
/// (socket, data) -> None or operation.
PyObject* sock_sendall(PyObject* loop, PyObject* const* arguments, Py_ssize_t count);

}  // namespace asgi_worker::loop
