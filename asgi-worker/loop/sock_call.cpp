#include "asgi-worker/loop/sock_call.hpp"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "asgi-worker/python/error.hpp"
#include "asgi-worker/python/gil.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;
using python::Ref;
using python::steal;

constexpr off_t most_of_a_file = 0x7ffff000;  // what one sendfile(2) takes

bool is_later(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

SockOutcome failed(int error) {
  if (is_later(error)) return {{}, true};
  errno = error;
  PyErr_SetFromErrno(PyExc_OSError);
  return {};
}

/// What the socket's own method gave.
SockOutcome by_method(PyObject* result) {
  if (result != nullptr) return {steal(result)};
  if (!PyErr_ExceptionMatches(PyExc_BlockingIOError) &&
      !PyErr_ExceptionMatches(PyExc_InterruptedError))
    return {};
  PyErr_Clear();
  return {{}, true};
}

// --- receiving ---------------------------------------------------------------------------------

/// (data or size, sender)
SockOutcome with_sender(Ref received, const Address& sender) {
  const Ref from = received ? address_object(sender) : Ref{};
  return {from ? steal(PyTuple_Pack(2, received.get(), from.get())) : Ref{}};
}

SockOutcome receive(SockCall& call, Address* sender) {
  PyObject* bytes = PyBytes_FromStringAndSize(nullptr, call.size);
  if (bytes == nullptr) return {};
  const ssize_t got = ::recvfrom(
      call.fd, PyBytes_AS_STRING(bytes), static_cast<std::size_t>(call.size), MSG_DONTWAIT,
      sender != nullptr ? sender->get() : nullptr, sender != nullptr ? &sender->size : nullptr);
  if (got < 0) {
    const int error = errno;
    Py_DECREF(bytes);
    return failed(error);
  }
  if (got != call.size && _PyBytes_Resize(&bytes, got) != 0) return {};
  return sender != nullptr ? with_sender(steal(bytes), *sender) : SockOutcome{steal(bytes)};
}

SockOutcome receive_into(SockCall& call, Address* sender) {
  const ssize_t got = ::recvfrom(call.fd, call.buffer.buf, static_cast<std::size_t>(call.size),
                                 MSG_DONTWAIT, sender != nullptr ? sender->get() : nullptr,
                                 sender != nullptr ? &sender->size : nullptr);
  if (got < 0) return failed(errno);
  Ref size = steal(PyLong_FromSsize_t(got));
  return sender != nullptr ? with_sender(std::move(size), *sender) : SockOutcome{std::move(size)};
}

SockOutcome receive_from(SockCall& call, const SocketTypes& types) {
  const bool is_into = call.kind == SockKind::receive_from_into;
  Address sender{{}, sizeof sender.storage};
  if (is_internet(types.family_of(call.socket)))
    return is_into ? receive_into(call, &sender) : receive(call, &sender);
  if (!is_into) return by_method(PyObject_CallMethod(call.socket, "recvfrom", "n", call.size));
  return by_method(
      PyObject_CallMethod(call.socket, "recvfrom_into", "On", call.argument, call.size));
}

// --- sending -----------------------------------------------------------------------------------

SockOutcome send_all(SockCall& call) {
  const auto* const data = static_cast<const char*>(call.buffer.buf);
  while (call.done < call.buffer.len) {
    const ssize_t sent =
        ::send(call.fd, data + call.done, static_cast<std::size_t>(call.buffer.len - call.done),
               MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return failed(errno);
    call.done += sent;
  }
  return {borrow(Py_None)};
}

SockOutcome send_to(SockCall& call, const SocketTypes& types) {
  Address to;
  if (!read_address(call.argument, types.family_of(call.socket), to))
    return by_method(
        PyObject_CallMethod(call.socket, "sendto", "OO", call.buffer.obj, call.argument));
  if (PySys_Audit("socket.sendto", "OO", call.socket, call.argument) != 0) return {};
  const ssize_t sent = ::sendto(call.fd, call.buffer.buf, static_cast<std::size_t>(call.buffer.len),
                                MSG_DONTWAIT | MSG_NOSIGNAL, to.get(), to.size);
  return sent < 0 ? failed(errno) : SockOutcome{steal(PyLong_FromSsize_t(sent))};
}

/// As asyncio has it: when nothing has been sent, another way to send the file may do.
SockOutcome failed_to_send_file(SockCall& call, int error) {
  if (call.done == 0) {
    const Ref exceptions = steal(PyImport_ImportModule("asyncio.exceptions"));
    const Ref type =
        exceptions ? steal(PyObject_GetAttrString(exceptions.get(), "SendfileNotAvailableError"))
                   : Ref{};
    if (type) PyErr_SetString(type.get(), "os.sendfile call failed");
    return {};
  }
  errno = error;
  PyErr_SetFromErrno(PyExc_OSError);
  if (error != ENOTCONN) return {};
  Ref cause = python::take_exception();
  const Ref lost = steal(
      PyObject_CallFunction(PyExc_ConnectionError, "si", "socket is not connected", ENOTCONN));
  if (!lost) return {};
  PyException_SetCause(lost.get(), cause.release());
  python::raise(lost);
  return {};
}

/// A piece for each time that the socket is ready, so that others have their turn.
SockOutcome send_file(SockCall& call) {
  const bool is_limited = call.size > 0;
  const off_t rest = is_limited ? call.size - call.done : call.file_size;
  if (rest > 0) {
    const ssize_t sent = ::sendfile(call.fd, call.file, &call.offset,
                                    static_cast<std::size_t>(std::min(rest, most_of_a_file)));
    if (sent < 0) return is_later(errno) ? failed(errno) : failed_to_send_file(call, errno);
    call.done += sent;
    if (sent > 0 && !(is_limited && call.done == call.size)) return {{}, true};
  }
  return {steal(PyLong_FromSsize_t(call.done))};
}

// --- connections -------------------------------------------------------------------------------

SockOutcome connect(SockCall& call) {
  if (!call.has_waited) {
    PyObject* const done = PyObject_CallMethod(call.socket, "connect", "(O)", call.argument);
    if (done == nullptr && PyErr_ExceptionMatches(PyExc_BlockingIOError)) {
      const Ref error = python::take_exception();
      const Ref number = steal(PyObject_GetAttrString(error.get(), "errno"));
      // A Unix socket whose listener has no room is not under way: nothing will tell of it.
      if (number && PyLong_AsLong(number.get()) != EAGAIN) return {{}, true};
      python::raise(error);
      return {};
    }
    return by_method(done);
  }
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(call.fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return failed(errno);
  if (error == 0) return {borrow(Py_None)};
  const Ref text = steal(PyUnicode_FromFormat("Connect call failed %S", call.argument));
  const Ref exception =
      text ? steal(PyObject_CallFunction(PyExc_OSError, "iO", error, text.get())) : Ref{};
  if (exception) python::raise(exception);
  return {};
}

SockOutcome accept_by_method(SockCall& call) {
  SockOutcome outcome = by_method(PyObject_CallMethod(call.socket, "accept", nullptr));
  if (!outcome.result) return outcome;
  PyObject* const pair = outcome.result.get();
  const Ref set =
      PyTuple_Check(pair) && PyTuple_GET_SIZE(pair) == 2
          ? steal(PyObject_CallMethod(PyTuple_GET_ITEM(pair, 0), "setblocking", "O", Py_False))
          : borrow(Py_None);
  return set ? std::move(outcome) : SockOutcome{};
}

SockOutcome accept(SockCall& call, const SocketTypes& types) {
  if (!types.is_plain(call.socket) || !is_internet(types.family_of(call.socket)))
    return accept_by_method(call);
  Address peer{{}, sizeof peer.storage};
  int fd = -1;
  int error = 0;
  {
    const python::Release released;  // the socket may be a blocking one
    fd = ::accept4(call.fd, peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    error = errno;
  }
  if (fd < 0) return failed(error);
  const Ref connection = types.accepted(call.socket, fd);
  const Ref address = connection ? address_object(peer) : Ref{};
  return {address ? steal(PyTuple_Pack(2, connection.get(), address.get())) : Ref{}};
}

}  // namespace

Direction direction_of(SockKind kind) {
  switch (kind) {
    case SockKind::receive:
    case SockKind::receive_into:
    case SockKind::receive_from:
    case SockKind::receive_from_into:
    case SockKind::accept: return Direction::read;
    case SockKind::send_all:
    case SockKind::send_to:
    case SockKind::connect:
    case SockKind::send_file: return Direction::write;
  }
  return Direction::read;
}

SockOutcome attempt(SockCall& call, const SocketTypes& types) {
  switch (call.kind) {
    case SockKind::receive: return receive(call, nullptr);
    case SockKind::receive_into: return receive_into(call, nullptr);
    case SockKind::receive_from:
    case SockKind::receive_from_into: return receive_from(call, types);
    case SockKind::send_all: return send_all(call);
    case SockKind::send_to: return send_to(call, types);
    case SockKind::connect: return connect(call);
    case SockKind::accept: return accept(call, types);
    case SockKind::send_file: return send_file(call);
  }
  return {};
}

void finish(SockCall& call) {
  if (call.kind == SockKind::send_file && call.done > 0) ::lseek(call.file, call.offset, SEEK_SET);
}

}  // namespace asgi_worker::loop
