// A datagram socket of the application's own (UDP, Unix): hands over what comes, sends what it is
// given. Owned by its Python object (datagram_type.cpp). GIL held.
#pragma once

#include <cstddef>
#include <deque>

#include "asgi-worker/loop/sockets.hpp"
#include "asgi-worker/loop/transport.hpp"

namespace asgi_worker::loop {

/// Where it sends to.
struct Target {
  bool is_connected;  // the socket has one peer, which the kernel knows
  python::Ref only;   // the one address that the endpoint was made for, or null
};

class Datagram final : public Transport {
 public:
  /// `sockets` outlives it.
  Datagram(PyObject* self, Loop& loop, python::Ref loop_object, int fd, PyObject* socket,
           Target target, const SocketTypes& sockets);

  /// False with a Python error set.
  bool send_to(PyObject* data, PyObject* address);
  void end() override;
  std::size_t unsent() const override { return size_; }
  int traverse(visitproc visit, void* arg) const override;

 private:
  /// Waiting to be sent, with all that the kernel does not take.
  struct Message {
    python::Ref data;  // bytes
    python::Ref address;
  };
  enum class Sent { yes, later, failed };  // failed: with a Python error set

  void read_ready() override;
  void write_ready() override;
  void forget_unsent() override;

  python::Ref receive_by_method();
  void hand_over(PyObject* data, PyObject* sender);
  python::Ref object_of(const Address& sender);
  Sent send_now(const char* data, std::size_t size, PyObject* address, PyObject* object);
  Sent send_by_method(PyObject* object, PyObject* address);
  const Address* address_of(PyObject* object);
  bool tell_error();
  bool fail_or_tell(const char* message);

  python::Ref socket_;
  Target target_;
  int family_;
  std::deque<Message> messages_;
  std::size_t size_ = 0;     // of them all, as flow control counts it
  Address last_{};           // the last one met, and its object: most answers go where the question
  python::Ref last_object_;  // came from
};

}  // namespace asgi_worker::loop
