#include "asgi-worker/loop/sockets.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "common/unique_fd.hpp"

namespace asgi_worker::loop {
namespace {

using python::Ref;
using python::steal;

/// A whole number from 0 to `most`; false without a Python error.
bool read_number(PyObject* object, unsigned long most, unsigned long& number) {
  if (!PyLong_CheckExact(object)) return false;
  number = PyLong_AsUnsignedLong(object);
  if (PyErr_Occurred() == nullptr) return number <= most;
  PyErr_Clear();
  return false;
}

bool read_host(PyObject* object, int family, void* to) {
  if (!PyUnicode_CheckExact(object) || !PyUnicode_IS_ASCII(object)) return false;
  const char* const text = PyUnicode_AsUTF8(object);
  return ::inet_pton(family, text, to) == 1;
}

bool read_internet_4(PyObject* tuple, Address& address) {
  auto& in = *reinterpret_cast<sockaddr_in*>(&address.storage);
  unsigned long port = 0;
  if (PyTuple_GET_SIZE(tuple) != 2 || !read_number(PyTuple_GET_ITEM(tuple, 1), 0xffff, port) ||
      !read_host(PyTuple_GET_ITEM(tuple, 0), AF_INET, &in.sin_addr))
    return false;
  in.sin_family = AF_INET;
  in.sin_port = htons(static_cast<std::uint16_t>(port));
  address.size = sizeof in;
  return true;
}

/// (host, port[, flow information[, scope]])
bool read_internet_6(PyObject* tuple, Address& address) {
  auto& in = *reinterpret_cast<sockaddr_in6*>(&address.storage);
  const Py_ssize_t size = PyTuple_GET_SIZE(tuple);
  unsigned long port = 0;
  unsigned long flow = 0;
  unsigned long scope = 0;
  if (size < 2 || size > 4 || !read_number(PyTuple_GET_ITEM(tuple, 1), 0xffff, port)) return false;
  if (size > 2 && !read_number(PyTuple_GET_ITEM(tuple, 2), 0xfffff, flow)) return false;
  if (size > 3 && !read_number(PyTuple_GET_ITEM(tuple, 3), 0xffffffff, scope)) return false;
  if (!read_host(PyTuple_GET_ITEM(tuple, 0), AF_INET6, &in.sin6_addr)) return false;
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(static_cast<std::uint16_t>(port));
  in.sin6_flowinfo = htonl(static_cast<std::uint32_t>(flow));
  in.sin6_scope_id = static_cast<std::uint32_t>(scope);
  address.size = sizeof in;
  return true;
}

Ref attribute(const Ref& object, const char* name) {
  return object ? steal(PyObject_GetAttrString(object.get(), name)) : Ref{};
}

Ref value_of(const Ref& descriptor, PyObject* object) {
  const descrgetfunc get = Py_TYPE(descriptor.get())->tp_descr_get;
  return steal(get(descriptor.get(), object, reinterpret_cast<PyObject*>(Py_TYPE(object))));
}

}  // namespace

bool operator==(const Address& one, const Address& other) {
  return one.size == other.size && std::memcmp(&one.storage, &other.storage, one.size) == 0;
}

bool read_address(PyObject* object, int family, Address& address) {
  if (!is_internet(family) || !PyTuple_CheckExact(object)) return false;
  std::memset(&address.storage, 0, sizeof(sockaddr_in6));
  return family == AF_INET ? read_internet_4(object, address) : read_internet_6(object, address);
}

Ref address_object(const Address& address) {
  if (address.size == 0) return python::borrow(Py_None);  // a stream has no senders
  std::array<char, INET6_ADDRSTRLEN> text;
  if (address.storage.ss_family == AF_INET) {
    const auto& in = *reinterpret_cast<const sockaddr_in*>(&address.storage);
    ::inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size());
    return steal(Py_BuildValue("(si)", text.data(), int{ntohs(in.sin_port)}));
  }
  const auto& in = *reinterpret_cast<const sockaddr_in6*>(&address.storage);
  ::inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size());
  return steal(Py_BuildValue("(siII)", text.data(), int{ntohs(in.sin6_port)},
                             ntohl(in.sin6_flowinfo), in.sin6_scope_id));
}

bool SocketTypes::make() {
  const Ref module = steal(PyImport_ImportModule("socket"));
  const Ref base_module = steal(PyImport_ImportModule("_socket"));
  socket_ = attribute(module, "socket");
  base_ = attribute(base_module, "socket");
  family_ = attribute(base_, "family");
  type_ = attribute(base_, "type");
  protocol_ = attribute(base_, "proto");
  if (!socket_ || !family_ || !type_ || !protocol_) return false;
  const Ref ssl = steal(PyImport_ImportModule("ssl"));
  ssl_ = attribute(ssl, "SSLSocket");
  if (ssl) return static_cast<bool>(ssl_);
  if (!PyErr_ExceptionMatches(PyExc_ImportError)) return false;
  PyErr_Clear();
  return true;
}

int SocketTypes::family_of(PyObject* socket) const {
  if (!PyObject_TypeCheck(socket, reinterpret_cast<PyTypeObject*>(base_.get()))) return AF_UNSPEC;
  const Ref family = value_of(family_, socket);
  return family ? static_cast<int>(PyLong_AsLong(family.get())) : AF_UNSPEC;
}

bool SocketTypes::is_ssl(PyObject* socket) const {
  return ssl_ && PyObject_TypeCheck(socket, reinterpret_cast<PyTypeObject*>(ssl_.get())) != 0;
}

Ref SocketTypes::accepted(PyObject* listener, int fd) const {
  common::UniqueFd owned{fd};
  const Ref family = value_of(family_, listener);
  const Ref type = value_of(type_, listener);
  const Ref protocol = value_of(protocol_, listener);
  const Ref number = steal(PyLong_FromLong(fd));
  if (!family || !type || !protocol || !number) return {};
  Ref socket = steal(PyObject_CallFunctionObjArgs(socket_.get(), family.get(), type.get(),
                                                  protocol.get(), number.get(), nullptr));
  if (!socket) return {};
  owned.release();
  const Ref set = steal(PyObject_CallMethod(socket.get(), "setblocking", "O", Py_False));
  return set ? std::move(socket) : Ref{};
}

}  // namespace asgi_worker::loop
