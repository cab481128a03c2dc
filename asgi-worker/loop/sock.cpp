#include "asgi-worker/loop/sock.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

#include "asgi-worker/loop/loop.hpp"
#include "asgi-worker/loop/types.hpp"
#include "asgi-worker/python/compat.hpp"
#include "asgi-worker/python/error.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;
using python::Ref;
using python::steal;

enum class Kind { recv, recv_into, sendall };

/// One attempt's outcome: a result, or null with a Python error set, or null without one when the
/// call would have blocked.
struct Attempt {
  Ref result;
  bool would_block = false;
};

struct OperationObject {
  PyObject_HEAD PyObject* loop;  // that of asyncio, kept
  PyObject* future;
  Py_buffer buffer;  // what is received into or sent from; obj null: none
  Py_ssize_t size;   // to receive at most
  Py_ssize_t done;   // sent so far
  Kind kind;
  int fd;  // -1: has left
  PyObject* handle;
};

OperationObject& operation_of(PyObject* self) { return *reinterpret_cast<OperationObject*>(self); }

bool is_later(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

Attempt failed() {
  if (is_later(errno)) return {{}, true};
  PyErr_SetFromErrno(PyExc_OSError);
  return {};
}

Attempt receive(OperationObject& operation) {
  if (operation.kind == Kind::recv_into) {
    const auto size = static_cast<std::size_t>(operation.buffer.len);
    const ssize_t got = ::recv(operation.fd, operation.buffer.buf, size, MSG_DONTWAIT);
    return got < 0 ? failed() : Attempt{steal(PyLong_FromSsize_t(got))};
  }
  PyObject* bytes = PyBytes_FromStringAndSize(nullptr, operation.size);
  if (bytes == nullptr) return {};
  const ssize_t got = ::recv(operation.fd, PyBytes_AS_STRING(bytes),
                             static_cast<std::size_t>(operation.size), MSG_DONTWAIT);
  if (got < 0) {
    const int error = errno;
    Py_DECREF(bytes);
    errno = error;
    return failed();
  }
  if (got != operation.size && _PyBytes_Resize(&bytes, got) != 0) return {};
  return {steal(bytes)};
}

Attempt send(OperationObject& operation) {
  const auto* const data = static_cast<const char*>(operation.buffer.buf);
  while (operation.done < operation.buffer.len) {
    const ssize_t sent = ::send(operation.fd, data + operation.done,
                                static_cast<std::size_t>(operation.buffer.len - operation.done),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return failed();
    operation.done += sent;
  }
  return {borrow(Py_None)};
}

Attempt attempt(OperationObject& operation) {
  return operation.kind == Kind::sendall ? send(operation) : receive(operation);
}

Direction direction_of(const OperationObject& operation) {
  return operation.kind == Kind::sendall ? Direction::write : Direction::read;
}

/// Stops watching, if nobody has taken the watch over. False with a Python error set.
bool leave(OperationObject& operation) {
  const int fd = std::exchange(operation.fd, -1);
  const Ref handle = steal(std::exchange(operation.handle, nullptr));
  if (fd < 0 || !handle || is_cancelled(handle.get())) return true;
  PyObject* const module = python::module_of(Py_TYPE(reinterpret_cast<PyObject*>(&operation)));
  Loop* const loop = module != nullptr ? loop_of(module, operation.loop) : nullptr;
  return loop == nullptr || loop->closed ||
         loop->watches().remove(fd, direction_of(operation)) >= 0;
}

bool is_done(PyObject* future) {
  const Ref done = steal(PyObject_CallMethod(future, "done", nullptr));
  return !done || done.get() == Py_True;
}

/// The descriptor may be ready.
PyObject* again(PyObject* self, PyObject*, PyObject*) {
  OperationObject& operation = operation_of(self);
  if (operation.fd < 0 || is_done(operation.future)) {
    if (PyErr_Occurred() != nullptr) return nullptr;
    Py_RETURN_NONE;
  }
  Attempt outcome = attempt(operation);
  if (outcome.would_block) Py_RETURN_NONE;
  const Ref error = outcome.result ? Ref{} : python::take_exception();
  if (!leave(operation)) return nullptr;
  return error ? PyObject_CallMethod(operation.future, "set_exception", "O", error.get())
               : PyObject_CallMethod(operation.future, "set_result", "O", outcome.result.get());
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
  Py_VISIT(operation.buffer.obj);
  return 0;
}

int clear_operation(PyObject* self) {
  OperationObject& operation = operation_of(self);
  Py_CLEAR(operation.future);
  Py_CLEAR(operation.handle);
  Py_CLEAR(operation.loop);
  return 0;
}

void free_operation(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  clear_operation(self);
  if (operation_of(self).buffer.obj != nullptr) PyBuffer_Release(&operation_of(self).buffer);
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

/// The socket's descriptor: -1 when it is closed, for the call to complain of; -2 with a Python
/// error set.
int descriptor_of(PyObject* socket) {
  const Ref number = steal(PyObject_CallMethod(socket, "fileno", nullptr));
  if (!number) return -2;
  const long fd = PyLong_AsLong(number.get());
  return fd == -1 && PyErr_Occurred() != nullptr ? -2 : static_cast<int>(fd);
}

/// Waits: a future for the operation, and a watch on its descriptor.
bool wait(PyObject* self, OperationObject& operation, Loop& loop) {
  operation.future = PyObject_CallMethod(operation.loop, "create_future", nullptr);
  if (operation.future == nullptr ||
      !steal(PyObject_CallMethod(operation.loop, "_ensure_fd_no_transport", "i", operation.fd)))
    return false;
  const Ref handle = loop.types().handle(operation.loop, {self, nullptr, 0, nullptr});
  const Ref number = steal(PyLong_FromLong(operation.fd));
  if (!handle || !number) return false;
  if (!loop.watches().add(operation.fd, number.get(), direction_of(operation), handle.get()))
    return false;
  operation.handle = Py_NewRef(handle.get());
  return true;
}

/// (socket, argument), where the argument is a size or a buffer.
PyObject* start(PyObject* self, PyObject* const* arguments, Py_ssize_t count, Kind kind) {
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "a socket and one more argument are expected");
    return nullptr;
  }
  PyObject* const module = python::module_of(Py_TYPE(self));
  Types* const types = module != nullptr ? types_of(module) : nullptr;
  if (types == nullptr) return nullptr;
  auto* const type = reinterpret_cast<PyTypeObject*>(types->operation.get());
  Ref object = steal(type->tp_alloc(type, 0));
  if (!object) return nullptr;
  OperationObject& operation = operation_of(object.get());
  operation.kind = kind;
  operation.loop = Py_NewRef(self);
  operation.fd = descriptor_of(arguments[0]);
  if (operation.fd == -2) return nullptr;
  if (kind == Kind::recv) {
    operation.size = PyNumber_AsSsize_t(arguments[1], PyExc_OverflowError);
    if (operation.size < 0) {
      if (PyErr_Occurred() == nullptr)
        PyErr_SetString(PyExc_ValueError, "negative buffersize in recv");
      return nullptr;
    }
  } else {
    const int flags = kind == Kind::recv_into ? PyBUF_WRITABLE : PyBUF_SIMPLE;
    if (PyObject_GetBuffer(arguments[1], &operation.buffer, flags) != 0) return nullptr;
  }
  Attempt outcome = attempt(operation);
  if (!outcome.would_block) return outcome.result.release();
  Loop* const loop = loop_of(module, self);
  if (loop == nullptr || !wait(object.get(), operation, *loop)) return nullptr;
  return object.release();
}

}  // namespace

PyObject* sock_recv(PyObject* loop, PyObject* const* arguments, Py_ssize_t count) {
  return start(loop, arguments, count, Kind::recv);
}
PyObject* sock_recv_into(PyObject* loop, PyObject* const* arguments, Py_ssize_t count) {
  return start(loop, arguments, count, Kind::recv_into);
}
PyObject* sock_sendall(PyObject* loop, PyObject* const* arguments, Py_ssize_t count) {
  return start(loop, arguments, count, Kind::sendall);
}

Ref make_operation_type(PyObject* module) {
  return steal(PyType_FromModuleAndSpec(module, &operation_spec, nullptr));
}

}  // namespace asgi_worker::loop
