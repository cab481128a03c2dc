#include "asgi-worker/loop/sock.hpp"

#include <cstddef>

#include "asgi-worker/loop/loop.hpp"
#include "asgi-worker/loop/sock_call.hpp"
#include "asgi-worker/loop/types.hpp"
#include "asgi-worker/python/compat.hpp"
#include "asgi-worker/python/error.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;
using python::Ref;
using python::steal;

struct OperationObject {
  PyObject_HEAD PyObject* loop;  // that of asyncio, kept
  PyObject* future;
  PyObject* handle;  // null: has left the descriptor
  SockCall call;
};

OperationObject& operation_of(PyObject* self) { return *reinterpret_cast<OperationObject*>(self); }

// --- what waits --------------------------------------------------------------------------------

/// Stops watching, if nobody has taken the watch over. False with a Python error set.
bool leave(OperationObject& operation) {
  const Ref handle = steal(std::exchange(operation.handle, nullptr));
  if (!handle) return true;
  finish(operation.call);
  if (is_cancelled(handle.get())) return true;
  if (operation.loop == nullptr) return true;  // the garbage collector has taken it apart
  Loop& loop = loop_behind(operation.loop);
  return loop.closed ||
         loop.watches().remove(operation.call.fd, direction_of(operation.call.kind)) >= 0;
}

bool is_done(PyObject* future) {
  const Ref done = steal(PyObject_CallMethod(future, "done", nullptr));
  return !done || done.get() == Py_True;
}

/// The descriptor may be ready.
PyObject* again(PyObject* self, PyObject*, PyObject*) {
  OperationObject& operation = operation_of(self);
  if (operation.handle == nullptr || is_done(operation.future)) {
    if (PyErr_Occurred() != nullptr) return nullptr;
    Py_RETURN_NONE;
  }
  SockOutcome outcome = attempt(operation.call, loop_behind(operation.loop).kinds().sockets);
  if (outcome.would_block) Py_RETURN_NONE;
  if (!outcome.result &&
      (PyErr_ExceptionMatches(PyExc_SystemExit) || PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)))
    return nullptr;
  const Ref error = outcome.result ? Ref{} : python::take_exception();
  if (!leave(operation)) return nullptr;
  return error ? PyObject_CallMethod(operation.future, "set_exception", "O", error.get())
               : PyObject_CallMethod(operation.future, "set_result", "(O)", outcome.result.get());
}

PyObject* close_operation(PyObject* self, PyObject*) {
  return leave(operation_of(self)) ? Py_NewRef(Py_None) : nullptr;
}

int visit_operation(PyObject* self, visitproc visit, void* arg) {
  OperationObject& operation = operation_of(self);
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(operation.loop);
  Py_VISIT(operation.future);
  Py_VISIT(operation.handle);
  Py_VISIT(operation.call.socket);
  Py_VISIT(operation.call.argument);
  Py_VISIT(operation.call.buffer.obj);
  return 0;
}

int clear_operation(PyObject* self) {
  OperationObject& operation = operation_of(self);
  Py_CLEAR(operation.future);
  Py_CLEAR(operation.handle);
  Py_CLEAR(operation.loop);
  Py_CLEAR(operation.call.socket);
  Py_CLEAR(operation.call.argument);
  return 0;
}

void free_operation(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  clear_operation(self);
  Py_buffer& buffer = operation_of(self).call.buffer;
  if (buffer.obj != nullptr) PyBuffer_Release(&buffer);
  type->tp_free(self);
  Py_DECREF(type);
}

PyMethodDef operation_methods[] = {
    {"close", close_operation, METH_NOARGS, "Leaves the descriptor alone from now on."},
    {nullptr, nullptr, 0, nullptr},
};
PyMemberDef operation_members[] = {
    {"future", T_OBJECT, offsetof(OperationObject, future), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};
PyType_Slot operation_slots[] = {
    {Py_tp_call, reinterpret_cast<void*>(again)},
    {Py_tp_dealloc, reinterpret_cast<void*>(free_operation)},
    {Py_tp_traverse, reinterpret_cast<void*>(visit_operation)},
    {Py_tp_clear, reinterpret_cast<void*>(clear_operation)},
    {Py_tp_methods, operation_methods},
    {Py_tp_members, operation_members},
    {0, nullptr},
};
PyType_Spec operation_spec{
    "asgi_worker._asgi_worker.SockOperation", sizeof(OperationObject), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, operation_slots};

// --- the first try -----------------------------------------------------------------------------

/// What asyncio checks of a socket; false with a Python error set.
bool check_socket(PyObject* self, PyObject* socket) {
  const Loop& loop = loop_behind(self);
  if (loop.kinds().sockets.is_ssl(socket)) {
    PyErr_SetString(PyExc_TypeError, "Socket cannot be of type SSLSocket");
    return false;
  }
  if (!loop.debug) return true;
  return static_cast<bool>(steal(PyObject_CallMethod(self, "_check_blocking", "O", socket)));
}

/// The socket's descriptor: -1 when it is closed, for the call to complain of; -2 with a Python
/// error set.
int descriptor_of(PyObject* socket) {
  const Ref number = steal(PyObject_CallMethod(socket, "fileno", nullptr));
  if (!number) return -2;
  const long fd = PyLong_AsLong(number.get());
  return fd == -1 && PyErr_Occurred() != nullptr ? -2 : static_cast<int>(fd);
}

/// What the call is given beside its socket. False with a Python error set.
using Read = bool (*)(PyObject* const* arguments, SockCall& call);

bool read_nothing(PyObject* const*, SockCall&) { return true; }

bool read_size(PyObject* object, const char* complaint, SockCall& call) {
  call.size = PyNumber_AsSsize_t(object, PyExc_OverflowError);
  if (call.size >= 0) return true;
  if (PyErr_Occurred() == nullptr) PyErr_SetString(PyExc_ValueError, complaint);
  return false;
}

bool read_into(PyObject* object, const char* method, SockCall& call) {
  call.argument = Py_NewRef(object);
  if (PyObject_GetBuffer(object, &call.buffer, PyBUF_WRITABLE) != 0) {
    PyErr_Format(PyExc_TypeError, "%s() argument 1 must be read-write bytes-like object, not %s",
                 method, Py_TYPE(object)->tp_name);  // the socket module's words
    return false;
  }
  call.size = call.buffer.len;
  return true;
}

bool read_data(PyObject* object, SockCall& call) {
  return PyObject_GetBuffer(object, &call.buffer, PyBUF_SIMPLE) == 0;
}

bool read_part(PyObject* const* arguments, SockCall& call) {
  if (!read_into(arguments[0], "recvfrom_into", call)) return false;
  const Py_ssize_t room = call.size;
  if (!read_size(arguments[1], "negative buffersize in recvfrom_into", call)) return false;
  if (call.size == 0) call.size = room;
  if (call.size <= room) return true;
  PyErr_SetString(PyExc_ValueError, "nbytes is greater than the length of the buffer");
  return false;
}

bool read_message(PyObject* const* arguments, SockCall& call) {
  call.argument = Py_NewRef(arguments[1]);
  return read_data(arguments[0], call);
}

bool read_file(PyObject* const* arguments, SockCall& call) {
  const long file = PyLong_AsLong(arguments[0]);
  const long long offset = PyLong_AsLongLong(arguments[1]);
  call.size = PyLong_AsSsize_t(arguments[2]);
  const long long file_size = PyLong_AsLongLong(arguments[3]);
  if (PyErr_Occurred() != nullptr) return false;
  call.file = static_cast<int>(file);
  call.offset = offset;
  call.file_size = file_size;
  return true;
}

/// Waits: a future for the operation, and a watch on its descriptor.
bool wait(PyObject* self, OperationObject& operation, Loop& loop) {
  const int fd = operation.call.fd;
  operation.call.has_waited = true;
  operation.future = PyObject_CallMethod(operation.loop, "create_future", nullptr);
  if (operation.future == nullptr ||
      !steal(PyObject_CallMethod(operation.loop, "_ensure_fd_no_transport", "i", fd)))
    return false;
  const Ref handle = loop.types().handle(operation.loop, {self, nullptr, 0, nullptr});
  const Ref number = steal(PyLong_FromLong(fd));
  if (!handle || !number) return false;
  if (!loop.watches().add(fd, number.get(), direction_of(operation.call.kind), handle.get()))
    return false;
  operation.handle = Py_NewRef(handle.get());
  return true;
}

/// A call of `kind` on arguments[0], with what `read` makes of the others.
PyObject* start(PyObject* self, PyObject* const* arguments, SockKind kind, Read read) {
  if (!check_socket(self, arguments[0])) return nullptr;
  Loop& loop = loop_behind(self);
  const Types& types = loop.kinds();
  auto* const type = reinterpret_cast<PyTypeObject*>(types.operation.get());
  Ref object = steal(type->tp_alloc(type, 0));
  if (!object) return nullptr;
  OperationObject& operation = operation_of(object.get());
  operation.loop = Py_NewRef(self);
  SockCall& call = operation.call;
  call.kind = kind;
  call.socket = Py_NewRef(arguments[0]);
  call.fd = descriptor_of(arguments[0]);
  if (call.fd == -2 || !read(arguments + 1, call)) return nullptr;
  SockOutcome outcome = attempt(call, types.sockets);
  if (!outcome.would_block) {
    finish(call);
    return outcome.result.release();
  }
  return wait(object.get(), operation, loop) ? object.release() : nullptr;
}

bool has(Py_ssize_t count, Py_ssize_t wanted) {
  if (count != wanted)
    PyErr_Format(PyExc_TypeError, "%zd arguments are expected, got %zd", wanted, count);
  return count == wanted;
}

}  // namespace

PyObject* sock_recv(PyObject* loop, PyObject* const* arguments, Py_ssize_t count) {
  if (!has(count, 2)) return nullptr;
  return start(loop, arguments, SockKind::receive, [](PyObject* const* given, SockCall& call) {
    return read_size(given[0], "negative buffersize in recv", call);
  });
}

PyObject* sock_recv_into(PyObject* loop, PyObject* const* arguments, Py_ssize_t count) {
  if (!has(count, 2)) return nullptr;
  return start(loop, arguments, SockKind::receive_into, [](PyObject* const* given, SockCall& call) {
    return read_into(given[0], "recv_into", call);
  });
}

PyObject* sock_recvfrom(PyObject* loop, PyObject* const* arguments, Py_ssize_t count) {
  if (!has(count, 2)) return nullptr;
  return start(loop, arguments, SockKind::receive_from, [](PyObject* const* given, SockCall& call) {
    return read_size(given[0], "negative buffersize in recvfrom", call);
  });
}

PyObject* sock_recvfrom_into(PyObject* loop, PyObject* const* arguments, Py_ssize_t count) {
  return has(count, 3) ? start(loop, arguments, SockKind::receive_from_into, read_part) : nullptr;
}

PyObject* sock_sendall(PyObject* loop, PyObject* const* arguments, Py_ssize_t count) {
  if (!has(count, 2)) return nullptr;
  return start(loop, arguments, SockKind::send_all,
               [](PyObject* const* given, SockCall& call) { return read_data(given[0], call); });
}

PyObject* sock_sendto(PyObject* loop, PyObject* const* arguments, Py_ssize_t count) {
  return has(count, 3) ? start(loop, arguments, SockKind::send_to, read_message) : nullptr;
}

PyObject* sock_connect(PyObject* loop, PyObject* const* arguments, Py_ssize_t count) {
  if (!has(count, 3)) return nullptr;
  if (!check_socket(loop, arguments[0])) return nullptr;
  const SocketTypes& sockets = loop_behind(loop).kinds().sockets;
  PyObject* given[] = {arguments[0], arguments[1]};
  const int family = sockets.family_of(arguments[0]);
  Ref whole;
  if (is_internet(family)) {
    Address address;
    if (read_address(arguments[1], family, address)) {
      // All four parts of an IPv6 address, which is what asyncio's messages show.
      whole = address_object(address);
      if (!whole) return nullptr;
      given[1] = whole.get();
    } else if (arguments[2] != Py_True) {
      return Py_NewRef(Py_NotImplemented);
    }
  }
  return start(loop, given, SockKind::connect, [](PyObject* const* rest, SockCall& call) {
    call.argument = Py_NewRef(rest[0]);
    return true;
  });
}

PyObject* sock_accept(PyObject* loop, PyObject* const* arguments, Py_ssize_t count) {
  return has(count, 1) ? start(loop, arguments, SockKind::accept, read_nothing) : nullptr;
}

PyObject* sock_sendfile(PyObject* loop, PyObject* const* arguments, Py_ssize_t count) {
  return has(count, 5) ? start(loop, arguments, SockKind::send_file, read_file) : nullptr;
}

Ref make_operation_type(PyObject* module) {
  return steal(PyType_FromModuleAndSpec(module, &operation_spec, nullptr));
}

}  // namespace asgi_worker::loop
