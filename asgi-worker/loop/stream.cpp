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

constexpr unsigned writes_until_warning = 5;  // asyncio's, to a connection that is lost

bool is_later(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

/// Errors that end the run, instead of the connection.
bool ends_run() {
  return PyErr_ExceptionMatches(PyExc_SystemExit) != 0 ||
         PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) != 0;
}

}  // namespace

Stream::Stream(PyObject* self, Loop& loop, Ref loop_object, int fd)
    : self_{self},
      loop_{loop},
      loop_object_{std::move(loop_object)},
      fd_{fd},
      context_{steal(PyContext_CopyCurrent())} {}

Stream::~Stream() { loop_.poller().forget(fd_, *this); }

bool Stream::watch() {
  const std::uint32_t wanted =
      (wants_read_ ? std::uint32_t{EPOLLIN} : 0U) | (wants_write_ ? std::uint32_t{EPOLLOUT} : 0U);
  if (loop_.closed) return true;  // it has let go of everything
  const bool is_wanted = wanted != 0;
  if (is_wanted || is_watched_) {
    if (const int error = loop_.poller().set(fd_, wanted, *this); error != 0) {
      errno = error;
      PyErr_SetFromErrno(PyExc_OSError);
      return false;
    }
  }
  if (is_wanted && !is_watched_) loop_.hold(self_);
  if (!is_wanted && is_watched_) loop_.release(self_);
  is_watched_ = is_wanted;
  return true;
}

bool Stream::set_protocol(PyObject* protocol) {
  const Ref protocols = steal(PyImport_ImportModule("asyncio.protocols"));
  const Ref buffered =
      protocols ? steal(PyObject_GetAttrString(protocols.get(), "BufferedProtocol")) : Ref{};
  const int is_buffered = buffered ? PyObject_IsInstance(protocol, buffered.get()) : -1;
  if (is_buffered < 0) return false;
  is_buffered_ = is_buffered == 1;
  protocol_ = borrow(protocol);
  return true;
}

// --- reading -----------------------------------------------------------------------------------

bool Stream::start_reading() {
  if (is_closing_ || is_paused_) return true;
  wants_read_ = true;
  return watch();
}

bool Stream::pause_reading() {
  if (!is_reading()) return true;
  is_paused_ = true;
  wants_read_ = false;
  return watch();
}

bool Stream::resume_reading() {
  if (is_closing_ || !is_paused_) return true;
  is_paused_ = false;
  return start_reading();
}

void Stream::on_events(std::uint32_t events) {
  const Ref alive = borrow(self_);
  const Ref context = context_;
  if (PyContext_Enter(context.get()) != 0) return;
  if (wants_read_ && (events & ~std::uint32_t{EPOLLOUT}) != 0) read();
  if (wants_write_ && (events & ~std::uint32_t{EPOLLIN}) != 0 && PyErr_Occurred() == nullptr)
    write_ready();
  static_cast<void>(PyContext_Exit(context.get()));  // entered above
}

void Stream::read() {
  if (lost_ != 0) return;
  is_buffered_ ? read_into_buffer() : read_data();
}

void Stream::read_data() {
  char* const space = loop_.read_space();
  const ssize_t got = ::recv(fd_, space, Loop::read_size, MSG_DONTWAIT);
  if (got < 0) return static_cast<void>(fail_with_errno(Meaning::read, errno));
  if (got == 0) return on_eof();
  const Ref data = steal(PyBytes_FromStringAndSize(space, got));
  const Ref protocol = protocol_;
  if (!data) return;
  PyObject* const arguments[] = {protocol.get(), data.get()};
  if (!steal(PyObject_VectorcallMethod(loop_.names().data_received.get(), arguments, 2, nullptr)))
    fail("Fatal error: protocol.data_received() call failed.");
}

void Stream::read_into_buffer() {
  const Ref protocol = protocol_;
  const Ref any_size = steal(PyLong_FromLong(-1));
  PyObject* const question[] = {protocol.get(), any_size.get()};
  const Ref object =
      steal(PyObject_VectorcallMethod(loop_.names().get_buffer.get(), question, 2, nullptr));
  Py_buffer buffer{};
  if (!object || PyObject_GetBuffer(object.get(), &buffer, PyBUF_WRITABLE) != 0) {
    fail("Fatal error: protocol.get_buffer() call failed.");
    return;
  }
  const auto size = static_cast<std::size_t>(buffer.len);
  const ssize_t got = size == 0 ? 0 : ::recv(fd_, buffer.buf, size, MSG_DONTWAIT);
  const int error = errno;
  PyBuffer_Release(&buffer);
  if (size == 0) {
    PyErr_SetString(PyExc_RuntimeError, "get_buffer() returned an empty buffer");
    fail("Fatal error: protocol.get_buffer() call failed.");
    return;
  }
  if (got < 0) return static_cast<void>(fail_with_errno(Meaning::read, error));
  if (got == 0) return on_eof();
  const Ref size_read = steal(PyLong_FromSsize_t(got));
  PyObject* const news[] = {protocol.get(), size_read.get()};
  if (!size_read ||
      !steal(PyObject_VectorcallMethod(loop_.names().buffer_updated.get(), news, 2, nullptr)))
    fail("Fatal error: protocol.buffer_updated() call failed.");
}

void Stream::on_eof() {
  const Ref protocol = protocol_;
  const Ref told = loop_.debug ? steal(PyObject_CallMethod(self_, "_say", "s", "received EOF"))
                               : borrow(Py_None);
  const Ref answer =
      told ? steal(PyObject_CallMethod(protocol.get(), "eof_received", nullptr)) : Ref{};
  const int keeps_open = answer ? PyObject_IsTrue(answer.get()) : -1;
  if (keeps_open < 0) {
    fail("Fatal error: protocol.eof_received() call failed.");
    return;
  }
  if (keeps_open == 0) return static_cast<void>(close());
  wants_read_ = false;  // there is nothing more to come, but it may write
  watch();
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
  if (lost_ != 0) {
    const bool is_time = lost_++ >= writes_until_warning;
    return release(!is_time || steal(PyObject_CallMethod(self_, "_warn_of_lost_writes", nullptr)));
  }
  ssize_t sent = 0;
  if (queue_.is_empty()) {
    sent = ::send(fd_, view.buf, static_cast<std::size_t>(view.len), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && !is_later(errno)) return release(fail_with_errno(Meaning::write, errno));
    sent = std::max<ssize_t>(sent, 0);
    if (sent == view.len) return release(true);
    wants_write_ = true;
    if (!watch()) return release(false);
  }
  if (!queue_.add(data, view, static_cast<std::size_t>(sent))) return release(false);
  return release(maybe_pause_protocol());
}

void Stream::write_ready() {
  if (lost_ != 0) return;
  if (queue_.send(fd_) < 0) {
    const int error = errno;
    if (is_later(error)) return;
    wants_write_ = false;
    queue_.clear();
    const Ref waiter = empty_waiter;
    errno = error;
    const Ref exception =
        steal(PyErr_SetFromErrno(PyExc_OSError)) ? Ref{} : python::take_exception();
    if (!watch()) return;
    const Ref told = steal(PyObject_CallMethod(self_, "_fatal_error", "Os", exception.get(),
                                               "Fatal write error on socket transport"));
    if (told && waiter && waiter.get() != Py_None)
      static_cast<void>(
          steal(PyObject_CallMethod(waiter.get(), "set_exception", "O", exception.get())));
    return;
  }
  if (!maybe_resume_protocol() || !queue_.is_empty()) return;  // it may have written more
  wants_write_ = false;
  if (!watch()) return;
  if (has_empty_waiter() &&
      !steal(PyObject_CallMethod(empty_waiter.get(), "set_result", "O", Py_None)))
    return;
  if (is_closing_) {
    static_cast<void>(steal(PyObject_CallMethod(self_, "_call_connection_lost", "O", Py_None)));
  } else if (is_eof_written_) {
    ::shutdown(fd_, SHUT_WR);
  }
}

bool Stream::write_eof() {
  if (is_closing_ || is_eof_written_) return true;
  is_eof_written_ = true;
  if (!queue_.is_empty() || ::shutdown(fd_, SHUT_WR) == 0) return true;
  PyErr_SetFromErrno(PyExc_OSError);
  return false;
}

bool Stream::set_limits(std::size_t high, std::size_t low) {
  high_ = high;
  low_ = low;
  return maybe_pause_protocol();
}

bool Stream::maybe_pause_protocol() {
  if (queue_.size() <= high_ || is_protocol_paused_) return true;
  is_protocol_paused_ = true;
  return tell_flow("pause_writing");
}

bool Stream::maybe_resume_protocol() {
  if (!is_protocol_paused_ || queue_.size() > low_) return true;
  is_protocol_paused_ = false;
  return tell_flow("resume_writing");
}

bool Stream::tell_flow(const char* method) {
  const Ref protocol = protocol_;
  if (steal(PyObject_CallMethod(protocol.get(), method, nullptr))) return true;
  if (ends_run()) return false;
  const Ref exception = python::take_exception();
  return static_cast<bool>(
      steal(PyObject_CallMethod(self_, "_flow_failed", "sO", method, exception.get())));
}

// --- the end -----------------------------------------------------------------------------------

bool Stream::close() {
  if (is_closing_) return true;
  is_closing_ = true;
  wants_read_ = false;
  if (!watch()) return false;
  return !queue_.is_empty() || lose_connection(Py_None);
}

bool Stream::force_close(PyObject* exception) {
  if (lost_ != 0) return true;
  queue_.clear();
  is_closing_ = true;
  return lose_connection(exception);
}

bool Stream::lose_connection(PyObject* exception) {
  ++lost_;
  wants_read_ = wants_write_ = false;
  if (!watch()) return false;
  if (loop_.closed) {
    PyErr_SetString(PyExc_RuntimeError, "Event loop is closed");
    return false;
  }
  const Ref last = steal(PyObject_GetAttrString(self_, "_call_connection_lost"));
  PyObject* const arguments[] = {exception};
  return last && loop_.call_soon({last.get(), arguments, 1, nullptr});
}

void Stream::end() {
  wants_read_ = wants_write_ = false;
  if (!watch()) PyErr_Clear();
  protocol_.reset();
}

/// The error that is set goes to the loop's exception handler, and the connection with it.
bool Stream::fail(const char* message) {
  if (ends_run()) return false;
  const Ref exception = python::take_exception();
  return static_cast<bool>(
      steal(PyObject_CallMethod(self_, "_fatal_error", "Os", exception.get(), message)));
}

bool Stream::fail_with_errno(Meaning meaning, int error) {
  if (is_later(error)) return true;
  errno = error;
  PyErr_SetFromErrno(PyExc_OSError);
  return fail(meaning == Meaning::read ? "Fatal read error on socket transport"
                                       : "Fatal write error on socket transport");
}

int Stream::traverse(visitproc visit, void* arg) const {
  Py_VISIT(loop_object_.get());
  Py_VISIT(context_.get());
  Py_VISIT(protocol_.get());
  Py_VISIT(empty_waiter.get());
  return 0;
}

}  // namespace asgi_worker::loop
