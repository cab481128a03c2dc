#include "asgi-worker/loop/stream.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "asgi-worker/python/error.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;
using python::Ref;
using python::steal;

constexpr const char* read_failed = "Fatal read error on socket transport";
constexpr const char* write_failed = "Fatal write error on socket transport";

}  // namespace

bool Stream::set_protocol(PyObject* protocol) {
  const Ref protocols = steal(PyImport_ImportModule("asyncio.protocols"));
  const Ref buffered =
      protocols ? steal(PyObject_GetAttrString(protocols.get(), "BufferedProtocol")) : Ref{};
  const int is_buffered = buffered ? PyObject_IsInstance(protocol, buffered.get()) : -1;
  if (is_buffered < 0) return false;
  is_buffered_ = is_buffered == 1;
  return Transport::set_protocol(protocol);
}

void Stream::end() {
  empty_waiter.reset();
  Transport::end();
}

int Stream::traverse(visitproc visit, void* arg) const {
  Py_VISIT(empty_waiter.get());
  return Transport::traverse(visit, arg);
}

// --- reading -----------------------------------------------------------------------------------

void Stream::read_ready() {
  if (is_lost()) return;
  is_buffered_ ? read_into_buffer() : read_data();
}

void Stream::read_data() {
  char* const space = loop().read_space();
  const ssize_t got = ::recv(fd(), space, Loop::read_size, MSG_DONTWAIT);
  if (got < 0) return static_cast<void>(fail_with_errno(read_failed, errno));
  if (got == 0) return on_eof();
  const Ref data = steal(PyBytes_FromStringAndSize(space, got));
  const Ref protocol = borrow(this->protocol());
  if (!data) return;
  PyObject* const arguments[] = {protocol.get(), data.get()};
  if (!steal(PyObject_VectorcallMethod(loop().names().data_received.get(), arguments, 2, nullptr)))
    fail("Fatal error: protocol.data_received() call failed.");
}

void Stream::read_into_buffer() {
  const Ref protocol = borrow(this->protocol());
  const Ref any_size = steal(PyLong_FromLong(-1));
  PyObject* const question[] = {protocol.get(), any_size.get()};
  const Ref object =
      steal(PyObject_VectorcallMethod(loop().names().get_buffer.get(), question, 2, nullptr));
  Py_buffer buffer{};
  if (!object || PyObject_GetBuffer(object.get(), &buffer, PyBUF_WRITABLE) != 0) {
    fail("Fatal error: protocol.get_buffer() call failed.");
    return;
  }
  const auto size = static_cast<std::size_t>(buffer.len);
  const ssize_t got = size == 0 ? 0 : ::recv(fd(), buffer.buf, size, MSG_DONTWAIT);
  const int error = errno;
  PyBuffer_Release(&buffer);
  if (size == 0) {
    PyErr_SetString(PyExc_RuntimeError, "get_buffer() returned an empty buffer");
    fail("Fatal error: protocol.get_buffer() call failed.");
    return;
  }
  if (got < 0) return static_cast<void>(fail_with_errno(read_failed, error));
  if (got == 0) return on_eof();
  const Ref size_read = steal(PyLong_FromSsize_t(got));
  PyObject* const news[] = {protocol.get(), size_read.get()};
  if (!size_read ||
      !steal(PyObject_VectorcallMethod(loop().names().buffer_updated.get(), news, 2, nullptr)))
    fail("Fatal error: protocol.buffer_updated() call failed.");
}

void Stream::on_eof() {
  const Ref protocol = borrow(this->protocol());
  const Ref answer = say("received EOF")
                         ? steal(PyObject_CallMethod(protocol.get(), "eof_received", nullptr))
                         : Ref{};
  const int keeps_open = answer ? PyObject_IsTrue(answer.get()) : -1;
  if (keeps_open < 0) {
    fail("Fatal error: protocol.eof_received() call failed.");
    return;
  }
  if (keeps_open == 0) return static_cast<void>(close());
  want_read(false);  // there is nothing more to come, but it may write
}

// --- writing -----------------------------------------------------------------------------------

bool Stream::write(PyObject* data) {
  if (!PyBytes_Check(data) && !PyByteArray_Check(data) && !PyMemoryView_Check(data)) {
    const Ref name =
        steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(data)), "__name__"));
    if (name)
      PyErr_Format(PyExc_TypeError, "data argument must be a bytes-like object, not %R",
                   name.get());
    return false;
  }
  if (is_eof_written_) {
    PyErr_SetString(PyExc_RuntimeError, "Cannot call write() after write_eof()");
    return false;
  }
  if (has_empty_waiter()) {
    PyErr_SetString(PyExc_RuntimeError, "unable to write; sendfile is in progress");
    return false;
  }
  Py_buffer view{};
  if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) != 0) return false;
  const auto release = [&view](bool result) {
    PyBuffer_Release(&view);
    return result;
  };
  if (view.len == 0) return release(true);
  if (is_lost()) return release(count_lost_write());
  ssize_t sent = 0;
  if (queue_.is_empty()) {
    sent = ::send(fd(), view.buf, static_cast<std::size_t>(view.len), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && !is_later(errno)) return release(fail_with_errno(write_failed, errno));
    sent = std::max<ssize_t>(sent, 0);
    if (sent == view.len) return release(true);
    if (!want_write(true)) return release(false);
  }
  if (!keep_rest(queue_, data, view, static_cast<std::size_t>(sent))) return release(false);
  return release(maybe_pause_protocol());
}

void Stream::write_ready() {
  if (is_lost()) return;
  if (queue_.send(fd()) < 0) {
    if (!is_later(errno)) fail_to_write(errno);
    return;
  }
  if (!maybe_resume_protocol() || !queue_.is_empty()) return;  // it may have written more
  if (!want_write(false)) return;
  if (has_empty_waiter() &&
      !steal(PyObject_CallMethod(empty_waiter.get(), "set_result", "O", Py_None)))
    return;
  if (is_closing()) {
    tell_end();
  } else if (is_eof_written_) {
    ::shutdown(fd(), SHUT_WR);
  }
}

void Stream::fail_to_write(int error) {
  queue_.clear();
  const Ref waiter = empty_waiter;
  errno = error;
  PyErr_SetFromErrno(PyExc_OSError);
  const Ref exception = python::take_exception();
  if (!want_write(false)) return;
  const Ref told =
      steal(PyObject_CallMethod(self(), "_fatal_error", "Os", exception.get(), write_failed));
  if (told && waiter && waiter.get() != Py_None)
    static_cast<void>(
        steal(PyObject_CallMethod(waiter.get(), "set_exception", "O", exception.get())));
}

bool Stream::write_eof() {
  if (is_closing() || is_eof_written_) return true;
  is_eof_written_ = true;
  if (!queue_.is_empty() || ::shutdown(fd(), SHUT_WR) == 0) return true;
  PyErr_SetFromErrno(PyExc_OSError);
  return false;
}

}  // namespace asgi_worker::loop
