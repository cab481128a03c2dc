#include "asgi-worker/loop/datagram.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "asgi-worker/python/compat.hpp"
#include "asgi-worker/python/error.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;
using python::Ref;
using python::steal;

constexpr const char* read_failed = "Fatal read error on datagram transport";
constexpr const char* write_failed = "Fatal write error on datagram transport";
/// What flow control counts for a datagram beside its bytes.
constexpr std::size_t header_size = python::has_empty_datagrams ? 8 : 0;

bool means_later() {
  if (!PyErr_ExceptionMatches(PyExc_BlockingIOError) &&
      !PyErr_ExceptionMatches(PyExc_InterruptedError))
    return false;
  PyErr_Clear();
  return true;
}

}  // namespace

Datagram::Datagram(PyObject* self, Loop& loop, Ref loop_object, int fd, PyObject* socket,
                   Target target, const SocketTypes& sockets)
    : Transport{self, loop, std::move(loop_object), fd, Descriptor::own, Delivery::in_turn},
      socket_{borrow(socket)},
      target_{std::move(target)},
      family_{sockets.family_of(socket)} {}

void Datagram::end() {
  socket_.reset();
  Transport::end();
}

int Datagram::traverse(visitproc visit, void* arg) const {
  Py_VISIT(socket_.get());
  Py_VISIT(target_.only.get());
  Py_VISIT(last_object_.get());
  for (const Message& message : messages_) {
    Py_VISIT(message.data.get());
    Py_VISIT(message.address.get());
  }
  return Transport::traverse(visit, arg);
}

void Datagram::forget_unsent() {
  size_ = 0;
  const auto messages = std::exchange(messages_, {});
}

// --- receiving ---------------------------------------------------------------------------------

void Datagram::read_ready() {
  if (is_lost()) return;
  if (!is_internet(family_)) {
    const Ref pair = receive_by_method();
    if (pair) hand_over(PyTuple_GET_ITEM(pair.get(), 0), PyTuple_GET_ITEM(pair.get(), 1));
    return;
  }
  Address sender{{}, sizeof sender.storage};
  char* const space = loop().read_space();
  const ssize_t got =
      ::recvfrom(fd(), space, Loop::read_size, MSG_DONTWAIT, sender.get(), &sender.size);
  if (got < 0) {
    if (is_later(errno)) return;
    PyErr_SetFromErrno(PyExc_OSError);
    return static_cast<void>(tell_error() || report("_read_ready"));
  }
  const Ref data = steal(PyBytes_FromStringAndSize(space, got));
  const Ref from = data ? object_of(sender) : Ref{};
  if (from) hand_over(data.get(), from.get());
}

/// (data, sender); null when there is nothing to hand over, and all that is to be told has been.
Ref Datagram::receive_by_method() {
  Ref pair =
      steal(PyObject_CallMethod(socket_.get(), "recvfrom", "n", Py_ssize_t{Loop::read_size}));
  if (pair && PyTuple_Check(pair.get()) && PyTuple_GET_SIZE(pair.get()) == 2) return pair;
  if (pair) PyErr_SetString(PyExc_TypeError, "recvfrom() gave no pair");
  if (means_later()) return {};
  if (!fail_or_tell(read_failed)) report("_read_ready");
  return {};
}

void Datagram::hand_over(PyObject* data, PyObject* sender) {
  const Ref protocol = borrow(this->protocol());
  PyObject* const arguments[] = {protocol.get(), data, sender};
  if (!steal(
          PyObject_VectorcallMethod(loop().names().datagram_received.get(), arguments, 3, nullptr)))
    report("_read_ready");
}

Ref Datagram::object_of(const Address& sender) {
  if (last_object_ && sender == last_) return last_object_;
  last_object_ = address_object(sender);
  last_ = sender;
  return last_object_;
}

// --- sending -----------------------------------------------------------------------------------

bool Datagram::send_to(PyObject* data, PyObject* address) {
  if (!PyBytes_Check(data) && !PyByteArray_Check(data) && !PyMemoryView_Check(data)) {
    const Ref name =
        steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(data)), "__name__"));
    if (name)
      PyErr_Format(PyExc_TypeError, "data argument must be a bytes-like object, not %R",
                   name.get());
    return false;
  }
  Py_buffer view{};
  if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) != 0) return false;
  const auto release = [&view](bool result) {
    PyBuffer_Release(&view);
    return result;
  };
  if (view.len == 0 && !python::has_empty_datagrams) return release(true);
  if (target_.only) {
    const int is_it =
        address == Py_None ? 1 : PyObject_RichCompareBool(address, target_.only.get(), Py_EQ);
    if (is_it == 0)
      PyErr_Format(PyExc_ValueError, "Invalid address: must be None or %S", target_.only.get());
    if (is_it != 1) return release(false);
    address = target_.only.get();
  }
  if (is_lost() && (target_.only || !socket_)) return release(count_lost_write());
  if (messages_.empty()) {
    switch (send_now(static_cast<const char*>(view.buf), static_cast<std::size_t>(view.len),
                     address, data)) {
      case Sent::yes: return release(true);
      case Sent::failed: return release(fail_or_tell(write_failed));
      case Sent::later:
        if (!want_write(true)) return release(false);
    }
  }
  const auto size = static_cast<std::size_t>(view.len);
  Ref kept = PyBytes_CheckExact(data)
                 ? borrow(data)
                 : steal(PyBytes_FromStringAndSize(static_cast<const char*>(view.buf), view.len));
  if (!kept) return release(false);
  messages_.push_back({std::move(kept), borrow(address)});
  size_ += size + header_size;
  return release(maybe_pause_protocol());
}

const Address* Datagram::address_of(PyObject* object) {
  if (object == last_object_.get()) return &last_;
  if (!read_address(object, family_, last_)) {
    last_object_.reset();
    return nullptr;
  }
  last_object_ = borrow(object);
  return &last_;
}

Datagram::Sent Datagram::send_now(const char* data, std::size_t size, PyObject* address,
                                  PyObject* object) {
  const Address* to = nullptr;
  if (!target_.is_connected) {
    to = address_of(address);
    if (to == nullptr) return send_by_method(object, address);
    if (PySys_Audit("socket.sendto", "OO", socket_.get(), address) != 0) return Sent::failed;
  }
  const ssize_t sent = ::sendto(fd(), data, size, MSG_DONTWAIT | MSG_NOSIGNAL,
                                to != nullptr ? to->get() : nullptr, to != nullptr ? to->size : 0);
  if (sent >= 0) return Sent::yes;
  if (is_later(errno)) return Sent::later;
  PyErr_SetFromErrno(PyExc_OSError);
  return Sent::failed;
}

/// For what only the socket module understands, and complains of.
Datagram::Sent Datagram::send_by_method(PyObject* object, PyObject* address) {
  if (steal(PyObject_CallMethod(socket_.get(), "sendto", "OO", object, address))) return Sent::yes;
  return means_later() ? Sent::later : Sent::failed;
}

void Datagram::write_ready() {
  while (!messages_.empty()) {
    Message first = std::move(messages_.front());
    messages_.pop_front();
    PyObject* const data = first.data.get();
    const auto size = static_cast<std::size_t>(PyBytes_GET_SIZE(data));
    size_ -= size + header_size;
    const Sent outcome = send_now(PyBytes_AS_STRING(data), size, first.address.get(), data);
    if (outcome == Sent::later) {
      size_ += size + header_size;
      messages_.push_front(std::move(first));
      break;
    }
    if (outcome == Sent::failed) {
      if (!fail_or_tell(write_failed)) report("_sendto_ready");
      return;
    }
  }
  if (!maybe_resume_protocol() || !messages_.empty()) return;  // it may have sent more
  if (want_write(false) && is_closing()) tell_end();
}

// --- errors ------------------------------------------------------------------------------------

/// The OSError that is set goes to the protocol: a datagram that is lost is no end of a connection.
bool Datagram::tell_error() {
  const Ref exception = python::take_exception();
  const Ref protocol = borrow(this->protocol());
  return static_cast<bool>(
      steal(PyObject_CallMethod(protocol.get(), "error_received", "O", exception.get())));
}

bool Datagram::fail_or_tell(const char* message) {
  return PyErr_ExceptionMatches(PyExc_OSError) != 0 ? tell_error() : fail(message);
}

}  // namespace asgi_worker::loop
