// Where CPython's versions differ, and what of it is not public: here and nowhere else.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include <cstdint>

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::python {

/// asyncio.Task can be asked to step at once (3.12).
#if PY_VERSION_HEX >= 0x030C0000
inline constexpr bool has_eager_tasks = true;
#else
inline constexpr bool has_eager_tasks = false;
#endif

/// Which task runs is changed by a function (3.12); before that, in a dict that asyncio shows.
#if PY_VERSION_HEX >= 0x030C0000
inline constexpr bool has_swap_current_task = true;
#else
inline constexpr bool has_swap_current_task = false;
#endif

/// Task.uncancel() to zero takes back a cancellation that has not been delivered (3.13).
#if PY_VERSION_HEX >= 0x030D0000
inline constexpr bool uncancel_forgets = true;
#else
inline constexpr bool uncancel_forgets = false;
#endif

/// sendto() of a datagram endpoint sends an empty datagram too, and flow control counts a header
/// with each that waits (3.13).
#if PY_VERSION_HEX >= 0x030D0000
inline constexpr bool has_empty_datagrams = true;
#else
inline constexpr bool has_empty_datagrams = false;
#endif

/// Whether an object has a __dict__ already; true also where that cannot be told cheaply.
inline bool has_attributes(PyObject* object) {
#if PY_VERSION_HEX < 0x030C0000
  PyObject** const dict = _PyObject_GetDictPtr(object);
  return dict == nullptr || *dict != nullptr;
#else
  static_cast<void>(object);
  return true;
#endif
}

/// Whether two moments of a dict can be told apart: each change gives it a larger number than any
/// dict had before (until it was deprecated in 3.12).
#if PY_VERSION_HEX < 0x030C0000
inline constexpr bool has_dict_versions = true;
inline std::uint64_t dict_version(PyObject* dict) {
  return reinterpret_cast<PyDictObject*>(dict)->ma_version_tag;
}
#else
inline constexpr bool has_dict_versions = false;
inline std::uint64_t dict_version(PyObject*) { return 0; }
#endif

/// Whether the caller's reference to `object` is the only one: nobody else can see it change.
inline bool is_only_reference(PyObject* object) {
#if PY_VERSION_HEX >= 0x030E0000
  return PyUnstable_Object_IsUniquelyReferenced(object) != 0;
#else
  return Py_REFCNT(object) == 1;
#endif
}

/// Before bytes that only the caller knows get another content.
inline void forget_hash(PyObject* bytes) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  reinterpret_cast<PyBytesObject*>(bytes)->ob_shash = -1;
#pragma GCC diagnostic pop
}

/// Where instances of `type` keep what its class lists as `name` in __slots__; 0 with a Python
/// error set when it lists no such thing. The descriptor's struct is visible, but not documented.
inline Py_ssize_t slot_offset(PyObject* type, const char* name) {
  const Ref descriptor = steal(PyObject_GetAttrString(type, name));
  if (!descriptor) return 0;
  if (!PyObject_TypeCheck(descriptor.get(), &PyMemberDescr_Type)) {
    PyErr_Format(PyExc_TypeError, "%R has no slot %s", type, name);
    return 0;
  }
  return reinterpret_cast<PyMemberDescrObject*>(descriptor.get())->d_member->offset;
}

/// What reads the attribute of a type that `descriptor` describes, without its look-up by name;
/// null when it is no such thing.
inline getter getter_of(PyObject* descriptor) {
  if (!PyObject_TypeCheck(descriptor, &PyGetSetDescr_Type)) return nullptr;
  return reinterpret_cast<PyGetSetDescrObject*>(descriptor)->d_getset->get;
}

/// The size of an instance of `type` without its items: where a subclass's own fields begin.
inline Py_ssize_t instance_size(PyObject* type) {
  return reinterpret_cast<PyTypeObject*>(type)->tp_basicsize;
}

/// The module that a heap type of ours, or a class derived from one, belongs to (borrowed); null
/// with a Python error set. (PyType_GetModuleByDef is of 3.11.)
inline PyObject* module_of(PyTypeObject* type) {
  for (PyTypeObject* at = type; at != nullptr; at = at->tp_base) {
    if ((at->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0) continue;
    if (reinterpret_cast<PyHeapTypeObject*>(at)->ht_module != nullptr) return PyType_GetModule(at);
  }
  PyErr_Format(PyExc_TypeError, "%s is no type of asgi-worker's", type->tp_name);
  return nullptr;
}

}  // namespace asgi_worker::python
