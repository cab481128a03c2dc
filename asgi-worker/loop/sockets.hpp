// Addresses and sockets of Python's socket module, told without its Python code where they are
// Internet ones. GIL held.
#pragma once

#include <sys/socket.h>

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::loop {

struct Address {
  sockaddr_storage storage;
  socklen_t size;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  friend bool operator==(const Address& one, const Address& other);
};

inline bool is_internet(int family) { return family == AF_INET || family == AF_INET6; }

/// ("127.0.0.1", 80) and its like, for a socket of `family`. False without a Python error for all
/// that it takes the socket module to understand, or to refuse: names, services, other families.
bool read_address(PyObject* object, int family, Address& address);
/// As the socket module writes an Internet address (None when there is none); null with a Python
/// error set.
python::Ref address_object(const Address& address);

/// What is known of the socket module's classes.
class SocketTypes {
 public:
  /// False with a Python error set.
  bool make();

  /// AF_UNSPEC when it is no socket of the socket module's.
  int family_of(PyObject* socket) const;
  /// Of the class itself, which has no methods of its own in the way.
  bool is_plain(PyObject* socket) const {
    return reinterpret_cast<PyObject*>(Py_TYPE(socket)) == socket_.get();
  }
  bool is_ssl(PyObject* socket) const;
  /// A socket that does not block, for a connection that `listener`, a plain one, has accepted;
  /// takes `fd`. Null with a Python error set.
  python::Ref accepted(PyObject* listener, int fd) const;

 private:
  python::Ref socket_;                    // socket.socket
  python::Ref base_;                      // _socket.socket
  python::Ref ssl_;                       // ssl.SSLSocket, or null where there is no ssl
  python::Ref family_, type_, protocol_;  // the base's descriptors
};

}  // namespace asgi_worker::loop
