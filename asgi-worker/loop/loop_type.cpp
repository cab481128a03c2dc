// LoopCore: the Loop as Python sees it. asgi_worker.Loop derives from it and from asyncio's own
// loop, so that what is not here is inherited; the names are asyncio's, private ones included,
// because its code calls them.
#include <memory>

#include "asgi-worker/loop/futures.hpp"
#include "asgi-worker/loop/loop.hpp"
#include "asgi-worker/loop/sock.hpp"
#include "asgi-worker/loop/types.hpp"
#include "asgi-worker/python/compat.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;
using python::Ref;
using python::steal;

struct CoreObject {
  PyObject_HEAD Loop* loop;
};

// --- life --------------------------------------------------------------------------------------

PyObject* new_core(PyTypeObject* type, PyObject*, PyObject*) {
  PyObject* const module = python::module_of(type);
  const Types* const types = module != nullptr ? types_of(module) : nullptr;
  if (types == nullptr) return nullptr;
  Ref object = steal(type->tp_alloc(type, 0));
  if (!object) return nullptr;
  auto loop = std::make_unique<Loop>(object.get(), *types);
  const bool is_open = loop->open();
  reinterpret_cast<CoreObject*>(object.get())->loop = loop.release();
  return is_open ? object.release() : nullptr;
}

int visit_core(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  const Loop* const loop = reinterpret_cast<CoreObject*>(self)->loop;
  return loop != nullptr ? loop->traverse(visit, arg) : 0;
}

int clear_core(PyObject* self) {
  if (Loop* const loop = reinterpret_cast<CoreObject*>(self)->loop) loop->close();
  return 0;
}

void free_core(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  delete reinterpret_cast<CoreObject*>(self)->loop;
  type->tp_free(self);
  Py_DECREF(type);
}

// --- callbacks ---------------------------------------------------------------------------------

PyObject* raise_closed() {
  PyErr_SetString(PyExc_RuntimeError, "Event loop is closed");
  return nullptr;
}

/// (callback, *arguments, context=None), of which the first `skip` are the caller's.
bool read_call(const char* name, PyObject* const* arguments, Py_ssize_t count, PyObject* keywords,
               Py_ssize_t skip, Call& call) {
  if (count <= skip) {
    PyErr_Format(PyExc_TypeError, "%s() takes at least %zd positional argument%s (%zd given)", name,
                 skip + 1, skip == 0 ? "" : "s", count);
    return false;
  }
  call = {arguments[skip], arguments + skip + 1, count - skip - 1, nullptr};
  const Py_ssize_t named = keywords != nullptr ? PyTuple_GET_SIZE(keywords) : 0;
  for (Py_ssize_t index = 0; index < named; ++index) {
    PyObject* const keyword = PyTuple_GET_ITEM(keywords, index);
    if (PyUnicode_CompareWithASCIIString(keyword, "context") != 0) {
      PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", name, keyword);
      return false;
    }
    call.context = arguments[count + index];
  }
  return true;
}

enum class Thread { own, any };

/// What asyncio checks before it takes a callback; false with a Python error set.
bool may_call(PyObject* self, const Call& call, const char* name, Thread thread) {
  const Loop& loop = loop_behind(self);
  if (loop.closed) return raise_closed() != nullptr;
  if (!loop.debug) return true;
  if (thread == Thread::own && !steal(PyObject_CallMethod(self, "_check_thread", nullptr)))
    return false;
  return static_cast<bool>(
      steal(PyObject_CallMethod(self, "_check_callback", "Os", call.callback, name)));
}

PyObject* core_call_soon(PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                         PyObject* keywords) {
  Call call;
  if (!read_call("call_soon", arguments, count, keywords, 0, call)) return nullptr;
  if (!may_call(self, call, "call_soon", Thread::own)) return nullptr;
  return loop_behind(self).call_soon(call).release();
}

PyObject* core_call_soon_threadsafe(PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                                    PyObject* keywords) {
  Call call;
  if (!read_call("call_soon_threadsafe", arguments, count, keywords, 0, call)) return nullptr;
  if (!may_call(self, call, "call_soon_threadsafe", Thread::any)) return nullptr;
  Loop& loop = loop_behind(self);
  const HandleTypes& types = loop.types();
  Ref handle = loop.debug ? types.handle_for_debug(self, call) : types.handle(self, call);
  if (handle) loop.push_from_any_thread(handle);
  return handle.release();
}

PyObject* schedule(PyObject* self, PyObject* when, double at, const Call& call, const char* name) {
  if (!may_call(self, call, name, Thread::own)) return nullptr;
  Loop& loop = loop_behind(self);
  const HandleTypes& types = loop.types();
  Ref timer =
      loop.debug ? types.timer_for_debug(self, when, at, call) : types.timer(self, when, at, call);
  if (timer) loop.add_timer(timer);
  return timer.release();
}

/// As asyncio's, which adds to it or compares it: None has its own message.
bool read_time(PyObject* number, const char* complaint, double& seconds) {
  if (number == Py_None) {
    PyErr_SetString(PyExc_TypeError, complaint);
    return false;
  }
  seconds = PyFloat_AsDouble(number);
  return seconds != -1.0 || PyErr_Occurred() == nullptr;
}

PyObject* core_call_at(PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                       PyObject* keywords) {
  Call call;
  double at = 0;
  if (!read_call("call_at", arguments, count, keywords, 1, call)) return nullptr;
  if (!read_time(arguments[0], "when cannot be None", at)) return nullptr;
  return schedule(self, arguments[0], at, call, "call_at");
}

PyObject* core_call_later(PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                          PyObject* keywords) {
  Call call;
  double delay = 0;
  if (!read_call("call_later", arguments, count, keywords, 1, call)) return nullptr;
  if (!read_time(arguments[0], "delay must not be None", delay)) return nullptr;
  const double at = Loop::now() + delay;
  const Ref when = steal(PyFloat_FromDouble(at));
  return when ? schedule(self, when.get(), at, call, "call_later") : nullptr;
}

PyObject* core_timer_handle_cancelled(PyObject* self, PyObject* timer) {
  Loop& loop = loop_behind(self);
  if (loop.types().is_timer(timer)) loop.remove_timer(timer);
  Py_RETURN_NONE;
}

PyObject* core_add_callback(PyObject* self, PyObject* handle) {
  Loop& loop = loop_behind(self);
  if (!loop.types().is_handle(handle)) {
    PyErr_Format(PyExc_TypeError, "an asyncio.Handle was expected, got %R", handle);
    return nullptr;
  }
  if (!is_cancelled(handle)) loop.push(borrow(handle));
  Py_RETURN_NONE;
}

PyObject* core_time(PyObject*, PyObject*) { return PyFloat_FromDouble(Loop::now()); }

PyObject* core_run_once(PyObject* self, PyObject*) {
  return loop_behind(self).run_once() ? Py_NewRef(Py_None) : nullptr;
}

PyObject* core_close(PyObject* self, PyObject*) {
  loop_behind(self).close();
  Py_RETURN_NONE;
}

PyObject* core_get_debug(PyObject* self, PyObject*) {
  return PyBool_FromLong(loop_behind(self).debug ? 1 : 0);
}

// --- descriptors -------------------------------------------------------------------------------

/// Of a number or what has fileno(); -1 with ValueError set, as selectors has it.
int descriptor_of(PyObject* file) {
  const int fd = PyObject_AsFileDescriptor(file);
  if (fd >= 0) return fd;
  if (PyErr_Occurred() != nullptr && !PyErr_ExceptionMatches(PyExc_ValueError)) {
    PyErr_Clear();
    PyErr_Format(PyExc_ValueError, "Invalid file object: %R", file);
  }
  return -1;
}

PyObject* add_watch(PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                    Direction direction) {
  Call call;
  if (!read_call("add_reader", arguments, count, nullptr, 1, call)) return nullptr;
  Loop& loop = loop_behind(self);
  if (loop.closed) return raise_closed();
  const int fd = descriptor_of(arguments[0]);
  if (fd < 0) return nullptr;
  const HandleTypes& types = loop.types();
  Ref handle = loop.debug ? types.handle_for_debug(self, call) : types.handle(self, call);
  if (!handle || !loop.watches().add(fd, arguments[0], direction, handle.get())) return nullptr;
  return handle.release();
}

PyObject* remove_watch(PyObject* self, PyObject* file, Direction direction) {
  Loop& loop = loop_behind(self);
  if (loop.closed) Py_RETURN_FALSE;
  int fd = descriptor_of(file);
  if (fd < 0) {  // closed by now, but it may be known by what it was
    fd = loop.watches().find(file);
    if (fd < 0) return nullptr;
    PyErr_Clear();
  }
  const int removed = loop.watches().remove(fd, direction);
  return removed < 0 ? nullptr : PyBool_FromLong(removed);
}

PyObject* core_add_reader(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  return add_watch(self, arguments, count, Direction::read);
}
PyObject* core_add_writer(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  return add_watch(self, arguments, count, Direction::write);
}
PyObject* core_remove_reader(PyObject* self, PyObject* file) {
  return remove_watch(self, file, Direction::read);
}
PyObject* core_remove_writer(PyObject* self, PyObject* file) {
  return remove_watch(self, file, Direction::write);
}

/// _events_of(fd) -> selectors' EVENT_READ | EVENT_WRITE.
PyObject* core_events_of(PyObject* self, PyObject* file) {
  const int fd = descriptor_of(file);
  if (fd < 0) return nullptr;
  const std::uint32_t events = loop_behind(self).poller().events_of(fd);
  return PyLong_FromLong(((events & EPOLLIN) != 0 ? 1 : 0) | ((events & EPOLLOUT) != 0 ? 2 : 0));
}

// --- attributes that asyncio's own code reads and sets ------------------------------------------

template <bool Loop::*Flag>
PyObject* get_flag(PyObject* self, void*) {
  return PyBool_FromLong(loop_behind(self).*Flag ? 1 : 0);
}
template <bool Loop::*Flag>
int set_flag(PyObject* self, PyObject* value, void*) {
  const int is_true = value != nullptr ? PyObject_IsTrue(value) : 0;
  if (is_true < 0) return -1;
  loop_behind(self).*Flag = is_true == 1;
  return 0;
}

PyObject* get_ready(PyObject* self, void*) {
  Ref list = steal(PyList_New(0));
  for (const Ref& handle : loop_behind(self).ready())
    if (!list || PyList_Append(list.get(), handle.get()) != 0) return nullptr;
  return list.release();
}
PyObject* get_scheduled(PyObject* self, void*) {
  Ref list = steal(PyList_New(0));
  for (Timing* const timing : loop_behind(self).timers().all())
    if (!list || PyList_Append(list.get(), timer_of(*timing)) != 0) return nullptr;
  return list.release();
}
PyObject* get_task_factory(PyObject* self, void*) {
  const Ref& factory = loop_behind(self).task_factory;
  return Py_NewRef(factory ? factory.get() : Py_None);
}
int set_task_factory(PyObject* self, PyObject* value, void*) {
  loop_behind(self).task_factory = borrow(value);
  return 0;
}
/// asyncio's constructor sets its own containers, which nothing here reads.
int set_nothing(PyObject*, PyObject*, void*) { return 0; }

template <class Function>
PyCFunction as_method(Function function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

PyMethodDef core_methods[] = {
    {"call_soon", as_method(core_call_soon), METH_FASTCALL | METH_KEYWORDS,
     "call_soon(callback, *args, context=None): in the next turn."},
    {"call_soon_threadsafe", as_method(core_call_soon_threadsafe), METH_FASTCALL | METH_KEYWORDS,
     "call_soon() from another thread."},
    {"call_later", as_method(core_call_later), METH_FASTCALL | METH_KEYWORDS,
     "call_later(delay, callback, *args, context=None): after so many seconds."},
    {"call_at", as_method(core_call_at), METH_FASTCALL | METH_KEYWORDS,
     "call_at(when, callback, *args, context=None): at a time of this loop's clock."},
    {"create_future", create_future, METH_NOARGS, "An asyncio.Future of this loop."},
    {"create_task", as_method(create_task), METH_FASTCALL | METH_KEYWORDS,
     "create_task(coro, *, name=None, context=None): an asyncio.Task of this loop."},
    {"time", core_time, METH_NOARGS, "The loop's clock, which is time.monotonic()."},
    {"get_debug", core_get_debug, METH_NOARGS, "Is debug mode on?"},
    {"_timer_handle_cancelled", core_timer_handle_cancelled, METH_O, nullptr},
    {"_add_callback", core_add_callback, METH_O, nullptr},
    {"_run_once", core_run_once, METH_NOARGS, nullptr},
    {"_add_reader", as_method(core_add_reader), METH_FASTCALL, nullptr},
    {"_add_writer", as_method(core_add_writer), METH_FASTCALL, nullptr},
    {"_remove_reader", core_remove_reader, METH_O, nullptr},
    {"_remove_writer", core_remove_writer, METH_O, nullptr},
    {"_events_of", core_events_of, METH_O, nullptr},
    {"_close_core", core_close, METH_NOARGS, nullptr},
    {"_sock_recv_now", as_method(sock_recv), METH_FASTCALL, nullptr},
    {"_sock_recv_into_now", as_method(sock_recv_into), METH_FASTCALL, nullptr},
    {"_sock_recvfrom_now", as_method(sock_recvfrom), METH_FASTCALL, nullptr},
    {"_sock_recvfrom_into_now", as_method(sock_recvfrom_into), METH_FASTCALL, nullptr},
    {"_sock_sendall_now", as_method(sock_sendall), METH_FASTCALL, nullptr},
    {"_sock_sendto_now", as_method(sock_sendto), METH_FASTCALL, nullptr},
    {"_sock_connect_now", as_method(sock_connect), METH_FASTCALL, nullptr},
    {"_sock_accept_now", as_method(sock_accept), METH_FASTCALL, nullptr},
    {"_sock_sendfile_now", as_method(sock_sendfile), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyGetSetDef core_attributes[] = {
    {"_debug", get_flag<&Loop::debug>, set_flag<&Loop::debug>, nullptr, nullptr},
    {"_closed", get_flag<&Loop::closed>, set_flag<&Loop::closed>, nullptr, nullptr},
    {"_stopping", get_flag<&Loop::stopping>, set_flag<&Loop::stopping>, nullptr, nullptr},
    {"_task_factory", get_task_factory, set_task_factory, nullptr, nullptr},
    {"_ready", get_ready, set_nothing, "A copy.", nullptr},
    {"_scheduled", get_scheduled, set_nothing, "A copy.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyType_Slot core_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(new_core)},
    {Py_tp_dealloc, reinterpret_cast<void*>(free_core)},
    {Py_tp_traverse, reinterpret_cast<void*>(visit_core)},
    {Py_tp_clear, reinterpret_cast<void*>(clear_core)},
    {Py_tp_methods, core_methods},
    {Py_tp_getset, core_attributes},
    {0, nullptr},
};
PyType_Spec core_spec{"asgi_worker._asgi_worker.LoopCore", sizeof(CoreObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, core_slots};

}  // namespace

Ref make_core_type(PyObject* module) {
  return steal(PyType_FromModuleAndSpec(module, &core_spec, nullptr));
}

Loop& loop_behind(PyObject* object) { return *reinterpret_cast<CoreObject*>(object)->loop; }

Loop* loop_of(PyObject* module, PyObject* object) {
  const Types* const types = known_types(module);
  if (types == nullptr) return nullptr;
  auto* const type = reinterpret_cast<PyTypeObject*>(types->core.get());
  return PyObject_TypeCheck(object, type) != 0 ? &loop_behind(object) : nullptr;
}

}  // namespace asgi_worker::loop
