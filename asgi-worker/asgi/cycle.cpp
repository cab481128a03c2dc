#include "asgi-worker/asgi/cycle.hpp"

#include "asgi-worker/asgi/application.hpp"
#include "asgi-worker/asgi/disconnect.hpp"
#include "asgi-worker/python/error.hpp"

namespace asgi_worker::asgi {
namespace {

using python::borrow;
using python::Level;
using python::Ref;
using python::steal;

constexpr std::size_t high_water = 64 * 1024;  // body bytes that wait for receive()

}  // namespace

Cycle::Cycle(Application& application, PyObject* self)
    : application_{application}, self_{self}, body_{application.last_body()} {}

void Cycle::begin(http::Exchange& exchange, Given given, const http::Request& request) {
  exchange_ = &exchange;
  hold_ = borrow(self_);
  given_ = std::move(given);
  body_ended_ = !request.has_body;
  to_head_ = request.method == "HEAD";
  takes_trailers_ = request.takes_trailers;
  exchange.attach(*this);
}

void Cycle::on_start() {
  const Ref alive = borrow(self_);
  application_.start(*this, self_);
}

void Cycle::on_body(std::string_view bytes) {
  body_.append(bytes);
  note_body(true);
}

void Cycle::on_body_read(std::size_t size, std::uint64_t left) {
  body_.commit(size);
  note_body(left != 0);
}

void Cycle::note_body(bool has_more) {
  if (has_more && body_.size() > high_water && !is_paused_) {
    is_paused_ = true;
    exchange_->pause_body();
  }
  wake(message_waiters_);
}

void Cycle::on_body_end() {
  body_ended_ = true;
  wake(message_waiters_);
}

void Cycle::on_writable() {
  is_full_ = false;
  const Ref alive = borrow(self_);  // the file's end may be the exchange's
  if (file_) end_file();
  wake(writable_waiters_);
}

void Cycle::on_complete() {
  const Ref alive = std::move(hold_);
  exchange_ = nullptr;
  stage_ = Stage::complete;
  wake(message_waiters_);
  wake(writable_waiters_);
}

void Cycle::on_disconnect() {
  const Ref alive = std::move(hold_);
  exchange_ = nullptr;
  is_gone_ = true;
  body_.clear();
  wake(message_waiters_);
  wake(writable_waiters_);
}

void Cycle::on_time_out() {
  const Ref running = task;
  on_disconnect();
  if (running && !steal(PyObject_CallMethod(running.get(), "cancel", nullptr)))
    PyErr_WriteUnraisable(running.get());
}

void Cycle::on_half_close() {
  is_gone_ = true;
  wake(message_waiters_);
}

void Cycle::end_stream() {
  if (exchange_ == nullptr || stage_ != Stage::body) return;
  is_told_to_end_ = true;
  is_gone_ = true;
  wake(message_waiters_);
  wake(writable_waiters_);
}

Outcome Cycle::receive(Ref& message) {
  const Keys& keys = application_.keys();
  const bool is_over = exchange_ == nullptr || stage_ == Stage::complete;
  const bool has_body = body_.size() != 0 || (body_ended_ && !end_received_);
  if (is_over || (is_gone_ && !has_body)) {
    message = steal(PyDict_New());
    const bool is_made =
        message && PyDict_SetItem(message.get(), keys.type.get(), keys.http_disconnect.get()) == 0;
    return is_made ? Outcome::done : Outcome::error;
  }
  if (!has_body) {
    is_paused_ = false;
    exchange_->want_body();
    return Outcome::wait;
  }
  const Ref body = body_.size() == 0 ? keys.empty_bytes : body_.take();
  message = steal(PyDict_New());
  if (!body || !message ||
      PyDict_SetItem(message.get(), keys.type.get(), keys.http_request.get()) != 0 ||
      PyDict_SetItem(message.get(), keys.body.get(), body.get()) != 0 ||
      PyDict_SetItem(message.get(), keys.more_body.get(), body_ended_ ? Py_False : Py_True) != 0)
    return Outcome::error;
  end_received_ = body_ended_;
  if (is_paused_) {
    is_paused_ = false;
    exchange_->want_body();
  }
  return Outcome::done;
}

Outcome Cycle::send(PyObject* message) {
  if (exchange_ == nullptr && stage_ != Stage::complete) return refuse_as_gone();
  if (is_told_to_end_ && stage_ != Stage::complete) {
    PyErr_SetString(application_.client_disconnected(), "The server is shutting down.");
    return Outcome::error;
  }
  if (file_) {
    PyErr_SetString(PyExc_RuntimeError, "Unexpected ASGI message while a file is being sent.");
    return Outcome::error;
  }
  if (!PyDict_Check(message)) {
    PyErr_Format(PyExc_TypeError, "an ASGI message is a dict, not %s", Py_TYPE(message)->tp_name);
    return Outcome::error;
  }
  Message said;
  if (said.read(message, application_.keys()) != 0) return Outcome::error;
  PyObject* const type = said.type;
  if (type == nullptr || !PyUnicode_Check(type)) {
    PyErr_SetString(PyExc_KeyError, "type");
    return Outcome::error;
  }
  int answer = -1;
  switch (stage_) {
    case Stage::head:
      answer = application_.response_start.is(type) ? send_start(said)
               : is_text(type, "http.response.early_hint")
                   ? send_early_hint(message)
                   : refuse_message("http.response.start", type);
      break;
    case Stage::body:
      answer = application_.response_body.is(type)           ? send_body(said)
               : is_text(type, "http.response.pathsend")     ? send_path(message)
               : is_text(type, "http.response.zerocopysend") ? send_file(message)
               : is_text(type, "http.response.early_hint")
                   ? send_early_hint(message)
                   : refuse_message("http.response.body", type);
      break;
    case Stage::trailers:
      answer = is_text(type, "http.response.trailers")
                   ? send_trailers(message)
                   : refuse_message("http.response.trailers", type);
      break;
    case Stage::complete:
      PyErr_Format(PyExc_RuntimeError,
                   "Unexpected ASGI message '%U' sent, after response already completed.", type);
      break;
  }
  return answer == 0 ? go_on_sending() : Outcome::error;
}

Outcome Cycle::go_on_sending() {
  if (file_) return wait_for_file();
  return is_writable() ? Outcome::done : Outcome::wait;
}

/// Nobody is there to read a message.
Outcome Cycle::refuse_as_gone() {
  if (!application_.raises_disconnect()) return Outcome::done;
  PyErr_SetString(application_.client_disconnected(), "The client has disconnected.");
  return Outcome::error;
}

int Cycle::refuse_message(const char* expected, PyObject* type) {
  PyErr_Format(PyExc_RuntimeError, "Expected ASGI message '%s', but got '%U'.", expected, type);
  return -1;
}

int Cycle::send_start(const Message& message) {
  Head& head = application_.head();
  const Ref status = borrow(message.status);  // what is asked next may change the message
  const Ref headers = borrow(message.headers);
  const int has_trailers = is_true(message.trailers);
  if (has_trailers < 0 || head.read(message) != 0) return -1;
  has_trailers_ = has_trailers != 0;
  exchange_->start(head.status(), head.fields());
  stage_ = Stage::body;
  return 0;
}

int Cycle::send_body(const Message& message) {
  const Ref body = borrow(message.body);  // likewise
  const int has_more = is_true(message.more_body);
  if (has_more < 0) return -1;
  BodyView view;
  if (body && body.get() != Py_None && view.open(body.get()) != 0) return -1;

  if (check_length(view.bytes().size(), has_more != 0) != 0) return -1;
  if (!view.bytes().empty() && exchange_->write(view.bytes()) == http::Accepted::full)
    is_full_ = true;
  if (has_more == 0) end_body();
  return 0;
}

/// Against Content-Length, before anything is written: what is not on the wire yet can still become
/// a 500.
int Cycle::check_length(std::uint64_t size, bool has_more) const {
  const auto left = exchange_->body_left();
  if (!left || size == *left || (has_more && size < *left)) return 0;
  PyErr_SetString(PyExc_RuntimeError, size > *left
                                          ? "Response content longer than Content-Length"
                                          : "Response content shorter than Content-Length");
  return -1;
}

void Cycle::end_body() {
  stage_ = has_trailers_ ? Stage::trailers : Stage::complete;
  if (!has_trailers_) exchange_->finish();  // calls on_complete()
}

Ref Cycle::waiter(Until until) {
  Ref future = steal(PyObject_CallMethod(application_.loop(), "create_future", nullptr));
  if (!future) return {};
  (until == Until::message ? message_waiters_ : writable_waiters_).push_back(future);
  return steal(PyObject_CallMethod(future.get(), "__await__", nullptr));
}

void Cycle::wake_all(Waiters& waiters) {
  const Waiters woken = std::exchange(waiters, {});
  for (const Ref& future : woken) {
    // A cancelled one is done already: whoever cancelled it has been told.
    const Ref is_done = steal(PyObject_CallMethod(future.get(), "done", nullptr));
    const Ref set = is_done && is_done.get() == Py_False
                        ? steal(PyObject_CallMethod(future.get(), "set_result", "O", Py_None))
                        : borrow(Py_None);
    if (!is_done || !set) PyErr_WriteUnraisable(future.get());
  }
}

Ref Cycle::call_application() {
  const Ref receive = application_.bind_receive(self_);
  const Ref send = application_.bind_send(self_);
  if (!receive || !send) return {};
  PyObject* const arguments[] = {given_.scope.get(), receive.get(), send.get()};
  Ref made = steal(PyObject_Vectorcall(application_.callable(), arguments, 3, nullptr));
  if (!made || PyCoro_CheckExact(made.get())) return made;
  const auto* const async = Py_TYPE(made.get())->tp_as_async;
  if (async != nullptr && async->am_await != nullptr) return steal(async->am_await(made.get()));
  PyErr_Format(PyExc_TypeError, "object %s can't be used in 'await' expression",
               Py_TYPE(made.get())->tp_name);
  return {};
}

PySendResult Cycle::step(PyObject* argument, PyObject** result) {
  *result = nullptr;
  if (!std::exchange(is_called_, true)) coroutine_ = call_application();
  if (!coroutine_) {
    if (PyErr_Occurred() == nullptr)
      PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
    return settled(PYGEN_ERROR, result);
  }
  return settled(PyIter_Send(coroutine_.get(), argument, result), result);
}

/// What came out of a step, on its way to the task: an end of any kind is dealt with here.
PySendResult Cycle::settled(PySendResult how, PyObject** result) {
  if (how == PYGEN_NEXT) return how;
  const Ref alive = borrow(self_);
  const bool goes_on = how == PYGEN_ERROR && !raised();
  if (how == PYGEN_RETURN) {
    const Ref value = steal(std::exchange(*result, nullptr));
    returned(value.get());
  }
  finished();
  if (goes_on) return PYGEN_ERROR;
  *result = Py_NewRef(Py_None);
  return PYGEN_RETURN;
}

PyObject* Cycle::throw_in(PyObject* arguments) {
  PyObject* yielded = nullptr;
  if (coroutine_) {
    const Ref method = steal(PyObject_GetAttrString(coroutine_.get(), "throw"));
    yielded = method ? PyObject_CallObject(method.get(), arguments) : nullptr;
    if (yielded != nullptr) return yielded;
  } else {  // cancelled before its first step
    PyObject* const first = PyTuple_GET_ITEM(arguments, 0);
    if (PyExceptionInstance_Check(first))
      PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(first)), first);
    else
      PyErr_SetNone(first);
  }
  PyObject* value = nullptr;
  PySendResult how = PYGEN_ERROR;
  if (PyErr_ExceptionMatches(PyExc_StopIteration)) {
    const Ref stop = python::take_exception();
    value = PyObject_GetAttrString(stop.get(), "value");
    how = PYGEN_RETURN;
  }
  if (settled(how, &value) == PYGEN_RETURN) {
    Py_XDECREF(value);
    PyErr_SetNone(PyExc_StopIteration);
  }
  return nullptr;
}

void Cycle::returned(PyObject* value) {
  const auto& log = application_.log();
  if (value != Py_None && value != nullptr) {
    const Ref shown = steal(PyObject_Repr(value));
    log.line(Level::error, "ASGI callable should return None, but returned '" +
                               (shown ? python::text_of(shown.get()) : "?") + "'.");
    PyErr_Clear();
  }
  if (exchange_ == nullptr) return;
  if (is_gone_) return fail_exchange();  // it has been told that nobody waits for the rest
  const bool is_started = stage_ != Stage::head;
  log.line(Level::error, is_started ? "ASGI callable returned without completing response."
                                    : "ASGI callable returned without starting response.");
  fail_exchange();
}

bool Cycle::raised() {
  const Ref exception = python::take_exception();
  const bool is_cancelled =
      PyErr_GivenExceptionMatches(exception.get(), application_.cancelled_error()) != 0;
  const bool is_expected = (is_gone_ || is_told_to_end_) &&
                           tells_of_disconnect(exception.get(), application_.client_disconnected());
  if (!is_cancelled && !is_expected)
    application_.log().line(
        Level::error, "Exception in ASGI application\n" + python::traceback_text(exception.get()));
  fail_exchange();
  if (!is_cancelled) return true;
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.get())), exception.get());
  return false;
}

void Cycle::on_start_failed() {
  fail_exchange();
  finished();
}

void Cycle::fail_exchange() {
  // A 500 also in the place of a head that is not on the wire yet; else the connection is cut.
  if (exchange_ != nullptr) exchange_->refuse(500, "Internal Server Error");
}

void Cycle::finished() {
  coroutine_.reset();
  application_.finished(*this, std::exchange(given_, {}));
}

}  // namespace asgi_worker::asgi
