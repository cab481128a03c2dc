#include "asgi-worker/loop/transport.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <utility>

#include "asgi-worker/python/error.hpp"

namespace asgi_worker::loop {

using python::borrow;
using python::Ref;
using python::steal;

namespace {

constexpr unsigned writes_until_warning = 5;  // asyncio's, to a connection that is lost

}  // namespace

Transport::Transport(PyObject* self, Loop& loop, Ref loop_object, int fd, Descriptor kind,
                     Delivery delivery)
    : self_{self},
      loop_{loop},
      loop_object_{std::move(loop_object)},
      context_{steal(PyContext_CopyCurrent())},
      fd_{fd},
      kind_{kind},
      delivery_{delivery} {}

Transport::~Transport() {
  if (kind_ == Descriptor::own)
    loop_.poller().forget(fd_, *this);
  else
    loop_.watches().forget(fd_, *this);
}

bool Transport::set_protocol(PyObject* protocol) {
  protocol_ = borrow(protocol);
  return true;
}

void Transport::end() {
  if (!stop_both()) PyErr_Clear();
  protocol_.reset();
}

int Transport::traverse(visitproc visit, void* arg) const {
  Py_VISIT(loop_object_.get());
  Py_VISIT(context_.get());
  Py_VISIT(protocol_.get());
  Py_VISIT(callback_.get());
  return 0;
}

// --- the watch ---------------------------------------------------------------------------------

int Transport::apply(std::uint32_t wanted) {
  return kind_ == Descriptor::own ? loop_.poller().set(fd_, wanted, *this)
                                  : loop_.watches().set(fd_, wanted, *this);
}

bool Transport::watch() {
  const std::uint32_t wanted =
      (wants_read_ ? std::uint32_t{EPOLLIN} : 0U) | (wants_write_ ? std::uint32_t{EPOLLOUT} : 0U);
  if (loop_.closed) return true;  // it has let go of everything
  const bool is_wanted = wanted != 0;
  if (is_wanted || is_watched_) {
    if (const int error = apply(wanted); error != 0) {
      errno = error;
      PyErr_SetFromErrno(PyExc_OSError);
      return false;
    }
  }
  if (is_wanted && !is_watched_) loop_.hold(self_);
  if (!is_wanted && is_watched_) loop_.release(self_);
  if (!is_wanted) callback_.reset();  // it refers to us
  is_watched_ = is_wanted;
  return true;
}

bool Transport::want_read(bool is_wanted) {
  wants_read_ = is_wanted;
  return watch();
}

bool Transport::want_write(bool is_wanted) {
  wants_write_ = is_wanted;
  return watch();
}

bool Transport::stop_both() {
  wants_read_ = wants_write_ = false;
  return watch();
}

void Transport::on_events(std::uint32_t events) {
  if (delivery_ == Delivery::in_turn) return put_off(events);
  const Ref alive = borrow(self_);
  const Ref context = context_;
  if (PyContext_Enter(context.get()) != 0) return;
  loop_.debug ? dispatch_and_measure(events) : dispatch(events);
  static_cast<void>(PyContext_Exit(context.get()));  // entered above
}

void Transport::put_off(std::uint32_t events) {
  if (!callback_) {
    const Ref method = steal(PyObject_GetAttrString(self_, "_events_came"));
    if (!method) return;
    const Call call{method.get(), nullptr, 0, context_.get()};
    callback_ = loop_.debug ? loop_.types().handle_for_debug(loop_object_.get(), call)
                            : loop_.types().handle(loop_object_.get(), call);
    if (!callback_) return;
  }
  if (put_off_events_ == 0) loop_.push(callback_);
  put_off_events_ |= events;
}

bool Transport::deliver() {
  const Ref alive = borrow(self_);
  dispatch(std::exchange(put_off_events_, 0));
  return PyErr_Occurred() == nullptr;
}

void Transport::dispatch(std::uint32_t events) {
  if (wants_read_ && (events & ~std::uint32_t{EPOLLOUT}) != 0) read_ready();
  if (wants_write_ && (events & ~std::uint32_t{EPOLLIN}) != 0 && PyErr_Occurred() == nullptr)
    write_ready();
}

void Transport::dispatch_and_measure(std::uint32_t events) {
  const double began = Loop::now();
  dispatch(events);
  const double took = Loop::now() - began;
  if (PyErr_Occurred() == nullptr)
    static_cast<void>(steal(PyObject_CallMethod(self_, "_events_took", "d", took)));
}

// --- pausing -----------------------------------------------------------------------------------

bool Transport::start_reading() { return !is_reading() || want_read(true); }

bool Transport::pause_reading() {
  if (!is_reading()) return true;
  is_paused_ = true;
  return want_read(false) && say("pauses reading");
}

bool Transport::resume_reading() {
  if (is_closing_ || !is_paused_) return true;
  is_paused_ = false;
  return want_read(true) && say("resumes reading");
}

bool Transport::set_limits(std::size_t high, std::size_t low) {
  high_ = high;
  low_ = low;
  return maybe_pause_protocol();
}

bool Transport::maybe_pause_protocol() {
  if (is_protocol_paused_ || unsent() <= high_) return true;
  is_protocol_paused_ = true;
  return tell_flow("pause_writing");
}

bool Transport::maybe_resume_protocol() {
  if (!is_protocol_paused_ || unsent() > low_) return true;
  is_protocol_paused_ = false;
  return tell_flow("resume_writing");
}

bool Transport::tell_flow(const char* method) {
  const Ref protocol = protocol_;
  if (steal(PyObject_CallMethod(protocol.get(), method, nullptr))) return true;
  if (ends_run()) return false;
  const Ref exception = python::take_exception();
  return static_cast<bool>(
      steal(PyObject_CallMethod(self_, "_flow_failed", "sO", method, exception.get())));
}

// --- the end -----------------------------------------------------------------------------------

bool Transport::close() {
  if (is_closing_) return true;
  is_closing_ = true;
  if (!want_read(false)) return false;
  return unsent() != 0 || lose_connection(Py_None);
}

bool Transport::force_close(PyObject* exception) {
  if (is_lost_) return true;
  forget_unsent();
  is_closing_ = true;
  return lose_connection(exception);
}

bool Transport::lose_connection(PyObject* exception) {
  is_lost_ = true;
  if (kind_ == Descriptor::own) ++late_writes_;
  if (!stop_both()) return false;
  if (loop_.closed) {
    PyErr_SetString(PyExc_RuntimeError, "Event loop is closed");
    return false;
  }
  const Ref last = steal(PyObject_GetAttrString(self_, "_call_connection_lost"));
  PyObject* const arguments[] = {exception};
  return last && loop_.call_soon({last.get(), arguments, 1, nullptr});
}

bool Transport::tell_end() {
  is_lost_ = true;
  return static_cast<bool>(
      steal(PyObject_CallMethod(self_, "_call_connection_lost", "O", Py_None)));
}

bool Transport::count_lost_write() {
  const bool is_time = late_writes_++ >= writes_until_warning;
  return !is_time || steal(PyObject_CallMethod(self_, "_warn_of_lost_writes", nullptr));
}

// --- what is told ------------------------------------------------------------------------------

bool Transport::say(const char* what) {
  return !loop_.debug || steal(PyObject_CallMethod(self_, "_say", "s", what));
}

bool Transport::fail(const char* message) {
  if (ends_run()) return false;
  const Ref exception = python::take_exception();
  return static_cast<bool>(
      steal(PyObject_CallMethod(self_, "_fatal_error", "Os", exception.get(), message)));
}

bool Transport::fail_with_errno(const char* message, int error) {
  if (is_later(error)) return true;
  errno = error;
  PyErr_SetFromErrno(PyExc_OSError);
  return fail(message);
}

bool Transport::report(const char* callback) {
  if (ends_run()) return false;
  const Ref exception = python::take_exception();
  return static_cast<bool>(
      steal(PyObject_CallMethod(self_, "_callback_failed", "sO", callback, exception.get())));
}

bool Transport::is_later(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

bool Transport::ends_run() {
  return PyErr_ExceptionMatches(PyExc_SystemExit) != 0 ||
         PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) != 0;
}

bool Transport::keep_rest(WriteQueue& queue, PyObject* object, const Py_buffer& view,
                          std::size_t skip) {
  const std::string_view rest{static_cast<const char*>(view.buf) + skip,
                              static_cast<std::size_t>(view.len) - skip};
  if (PyBytes_CheckExact(object)) {
    queue.add(rest, Py_NewRef(object));
    return true;
  }
  PyObject* const copy =
      PyBytes_FromStringAndSize(rest.data(), static_cast<Py_ssize_t>(rest.size()));
  if (copy == nullptr) return false;
  queue.add({PyBytes_AS_STRING(copy), rest.size()}, copy);
  return true;
}

}  // namespace asgi_worker::loop
