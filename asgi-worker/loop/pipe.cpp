#include "asgi-worker/loop/pipe.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace asgi_worker::loop {
namespace {

using python::borrow;
using python::Ref;
using python::steal;

constexpr const char* read_failed = "Fatal read error on pipe transport";
constexpr const char* write_failed = "Fatal write error on pipe transport";

}  // namespace

// --- reading -----------------------------------------------------------------------------------

void ReadPipe::read_ready() {
  char* const space = loop().read_space();
  const ssize_t got = ::read(fd(), space, Loop::read_size);
  if (got < 0) return static_cast<void>(fail_with_errno(read_failed, errno));
  if (got == 0) return on_eof();
  const Ref data = steal(PyBytes_FromStringAndSize(space, got));
  const Ref protocol = borrow(this->protocol());
  if (!data) return;
  PyObject* const arguments[] = {protocol.get(), data.get()};
  if (!steal(PyObject_VectorcallMethod(loop().names().data_received.get(), arguments, 2, nullptr)))
    report("_read_ready");
}

void ReadPipe::on_eof() {
  set_closing();
  if (!say("was closed by peer") || !want_read(false)) return;
  const Ref last = steal(PyObject_GetAttrString(protocol(), "eof_received"));
  if (!last) return static_cast<void>(report("_read_ready"));
  if (loop().call_soon({last.get(), nullptr, 0, nullptr})) lose_connection(Py_None);
}

// --- writing -----------------------------------------------------------------------------------

bool WritePipe::write(PyObject* data) {
  if (!PyBytes_Check(data) && !PyByteArray_Check(data) && !PyMemoryView_Check(data)) {
    const Ref text = steal(PyObject_Repr(data));
    if (text) PyErr_SetObject(PyExc_AssertionError, text.get());  // asyncio's way
    return false;
  }
  Py_buffer view{};
  if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) != 0) return false;
  const auto release = [&view](bool result) {
    PyBuffer_Release(&view);
    return result;
  };
  if (view.len == 0) return release(true);
  if (is_lost() || is_closing()) return release(count_lost_write());
  ssize_t written = 0;
  if (queue_.is_empty()) {
    written = ::write(fd(), view.buf, static_cast<std::size_t>(view.len));
    if (written < 0 && !is_later(errno)) return release(fail_to_write(errno));
    written = std::max<ssize_t>(written, 0);
    if (written == view.len) return release(true);
    if (!want_write(true)) return release(false);
  }
  if (!keep_rest(queue_, data, view, static_cast<std::size_t>(written))) return release(false);
  return release(maybe_pause_protocol());
}

/// Until all is written it is still told when the other end is closed.
bool WritePipe::close() {
  if (is_closing()) return true;
  set_closing();
  return !queue_.is_empty() || lose_connection(Py_None);
}

void WritePipe::write_ready() {
  if (is_lost()) return;
  if (queue_.write(fd()) < 0) {
    if (!is_later(errno)) fail_to_write(errno);
    return;
  }
  if (!maybe_resume_protocol() || !queue_.is_empty()) return;  // it may have written more
  if (!want_write(false)) return;
  if (is_closing() && stop_both()) tell_end();
}

bool WritePipe::fail_to_write(int error) {
  queue_.clear();
  return want_write(false) && count_lost_write() && fail_with_errno(write_failed, error);
}

/// The other end has been closed.
void WritePipe::read_ready() {
  if (!say("was closed by peer")) return;
  if (queue_.is_empty()) return static_cast<void>(force_close(Py_None));
  const Ref broken = steal(PyObject_CallNoArgs(PyExc_BrokenPipeError));
  if (broken) force_close(broken.get());
}

}  // namespace asgi_worker::loop
