// The loop's sock_ methods: tried at once; what would block becomes a SockOperation, with a future
// that is done when the descriptor was ready and the call went through. The methods give the result
// or that operation; the coroutines around them are asgi_worker/loop.py's. Receiving and sending
// never block, whatever mode the socket is in. GIL held.
#pragma once

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::loop {

/// (socket, size) -> bytes or operation.
PyObject* sock_recv(PyObject* loop, PyObject* const* arguments, Py_ssize_t count);
/// (socket, buffer) -> int or operation.
PyObject* sock_recv_into(PyObject* loop, PyObject* const* arguments, Py_ssize_t count);
/// (socket, size) -> (bytes, address) or operation.
PyObject* sock_recvfrom(PyObject* loop, PyObject* const* arguments, Py_ssize_t count);
/// (socket, buffer, size) -> (int, address) or operation.
PyObject* sock_recvfrom_into(PyObject* loop, PyObject* const* arguments, Py_ssize_t count);
/// (socket, data) -> None or operation.
PyObject* sock_sendall(PyObject* loop, PyObject* const* arguments, Py_ssize_t count);
/// (socket, data, address) -> int or operation.
PyObject* sock_sendto(PyObject* loop, PyObject* const* arguments, Py_ssize_t count);
/// (socket, address, is_resolved) -> None or operation; NotImplemented when the address of an
/// Internet socket is to be looked up first.
PyObject* sock_connect(PyObject* loop, PyObject* const* arguments, Py_ssize_t count);
/// (socket) -> (socket, address) or operation.
PyObject* sock_accept(PyObject* loop, PyObject* const* arguments, Py_ssize_t count);
/// (socket, file's descriptor, offset, count or 0, file's size) -> int or operation.
PyObject* sock_sendfile(PyObject* loop, PyObject* const* arguments, Py_ssize_t count);

}  // namespace asgi_worker::loop
