#include "asgi-worker/asgi/disconnect.hpp"

#include <string_view>

namespace asgi_worker::asgi {
namespace {

using python::Ref;
using python::steal;

/// The members of an exception group; null for anything else. Python 3.10 has groups only by a
/// package, so they are known by their attribute.
Ref members_of(PyObject* exception) {
  Ref members = steal(PyObject_GetAttrString(exception, "exceptions"));
  if (!members) PyErr_Clear();
  return members && PyTuple_Check(members.get()) ? std::move(members) : Ref{};
}

std::string_view class_name(PyObject* exception) {
  const std::string_view whole = Py_TYPE(exception)->tp_name;
  const auto dot = whole.rfind('.');
  return dot == std::string_view::npos ? whole : whole.substr(dot + 1);
}

}  // namespace

Ref make_client_disconnected() {
  return steal(PyErr_NewExceptionWithDoc(
      "asgi_worker._asgi_worker.ClientDisconnected",
      "The client has left: nobody reads what send() was given. The server expects it to escape.",
      PyExc_OSError, nullptr));
}

bool tells_of_disconnect(PyObject* exception, PyObject* client_disconnected) {
  if (PyErr_GivenExceptionMatches(exception, client_disconnected) != 0) return true;
  const auto name = class_name(exception);
  if (name == "ClientDisconnect" || name == "ClientDisconnected") return true;
  const Ref members = members_of(exception);
  if (!members || PyTuple_GET_SIZE(members.get()) == 0) return false;
  for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(members.get()); ++index)
    if (!tells_of_disconnect(PyTuple_GET_ITEM(members.get(), index), client_disconnected))
      return false;
  return true;
}

}  // namespace asgi_worker::asgi
