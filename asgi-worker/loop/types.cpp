#include "asgi-worker/loop/types.hpp"

#include <memory>

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
  if (!types->handles.make(module)) return nullptr;
  types->core = make_core_type(module);
  types->transport = make_transport_type(module);
  types->operation = make_operation_type(module);
  if (!types->core || !types->transport || !types->operation) return nullptr;
  const Ref capsule = steal(PyCapsule_New(types.get(), capsule_name, free_types));
  if (!capsule) return nullptr;
  Types* const made = types.release();  // the capsule's
  return PyObject_SetAttrString(module, attribute, capsule.get()) == 0 ? made : nullptr;
}

}  // namespace asgi_worker::loop
