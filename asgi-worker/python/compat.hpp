// Where CPython's versions differ, and what of it is not public: here and nowhere else.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

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

}  // namespace asgi_worker::python
