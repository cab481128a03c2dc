#include "asgi-worker/loop/types.hpp"

#include <memory>

#include "asgi-worker/loop/transport_type.hpp"

namespace asgi_worker::loop {
namespace {

using python::Ref;
using python::steal;

constexpr const char* attribute = "_loop_types";
constexpr const char* capsule_name = "asgi_worker._loop_types";

void free_types(PyObject* capsule) {
  delete static_cast<Types*>(PyCapsule_GetPointer(capsule, capsule_name));
}

}  // namespace

Types* known_types(PyObject* module) {
  const Ref capsule = steal(PyObject_GetAttrString(module, attribute));
  if (capsule) return static_cast<Types*>(PyCapsule_GetPointer(capsule.get(), capsule_name));
  PyErr_Clear();
  return nullptr;
}

Types* types_of(PyObject* module) {
  if (Types* const known = known_types(module)) return known;
  auto types = std::make_unique<Types>();
  if (!types->handles.make(module) || !types->futures.make() || !types->sockets.make() ||
      !find_transport_layout())
    return nullptr;
  struct Row {
    Ref* type;
    Ref (*make)(PyObject* module);
  };
  for (const Row& row : {Row{&types->core, make_core_type},
                         {&types->stream, make_stream_type},
                         {&types->datagram, make_datagram_type},
                         {&types->read_pipe, make_read_pipe_type},
                         {&types->write_pipe, make_write_pipe_type},
                         {&types->operation, make_operation_type}}) {
    *row.type = row.make(module);
    if (!*row.type) return nullptr;
  }
  const Ref capsule = steal(PyCapsule_New(types.get(), capsule_name, free_types));
  if (!capsule) return nullptr;
  Types* const made = types.release();  // the capsule's
  return PyObject_SetAttrString(module, attribute, capsule.get()) == 0 ? made : nullptr;
}

}  // namespace asgi_worker::loop
