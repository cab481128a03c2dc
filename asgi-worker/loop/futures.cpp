#include "asgi-worker/loop/futures.hpp"

#include <vector>

#include "asgi-worker/loop/loop.hpp"
#include "asgi-worker/loop/types.hpp"

namespace asgi_worker::loop {
namespace {

using python::borrow;
using python::Ref;
using python::steal;

Ref attribute_of(const char* module_name, const char* name) {
  const Ref module = steal(PyImport_ImportModule(module_name));
  return module ? steal(PyObject_GetAttrString(module.get(), name)) : Ref{};
}

/// As asyncio's own create_task().
PyObject* inherited_create_task(PyObject* self, const FutureTypes& types,
                                PyObject* const* arguments, Py_ssize_t count, PyObject* keywords) {
  const Py_ssize_t named = keywords != nullptr ? PyTuple_GET_SIZE(keywords) : 0;
  std::vector<PyObject*> given{self};
  given.insert(given.end(), arguments, arguments + count + named);
  return PyObject_Vectorcall(types.inherited_create_task(), given.data(),
                             static_cast<std::size_t>(count) + 1, keywords);
}

/// One coroutine, and keywords of the task's.
bool is_usual(Py_ssize_t count, PyObject* keywords) {
  const Py_ssize_t named = keywords != nullptr ? PyTuple_GET_SIZE(keywords) : 0;
  for (Py_ssize_t index = 0; index < named; ++index) {
    PyObject* const keyword = PyTuple_GET_ITEM(keywords, index);
    if (PyUnicode_CompareWithASCIIString(keyword, "name") != 0 &&
        PyUnicode_CompareWithASCIIString(keyword, "context") != 0)
      return false;
  }
  return count == 1;
}

}  // namespace

bool FutureTypes::make() {
  future_ = attribute_of("asyncio.futures", "Future");
  task_ = attribute_of("asyncio.tasks", "Task");
  const Ref base = attribute_of("asyncio", "BaseEventLoop");
  create_task_ = base ? steal(PyObject_GetAttrString(base.get(), "create_task")) : Ref{};
  loop_ = steal(PyUnicode_InternFromString("loop"));
  no_arguments_ = steal(PyTuple_New(0));
  return future_ && task_ && create_task_ && loop_ && no_arguments_;
}

Ref FutureTypes::future(PyObject* keywords) const {
  return steal(PyObject_Call(future_.get(), no_arguments_.get(), keywords));
}

Ref FutureTypes::task(PyObject* coroutine, PyObject* keywords) const {
  const Ref arguments = steal(PyTuple_Pack(1, coroutine));
  return arguments ? steal(PyObject_Call(task_.get(), arguments.get(), keywords)) : Ref{};
}

Ref FutureTypes::keywords_for(PyObject* loop) const {
  Ref keywords = steal(PyDict_New());
  return keywords && PyDict_SetItem(keywords.get(), loop_.get(), loop) == 0 ? std::move(keywords)
                                                                            : Ref{};
}

PyObject* create_future(PyObject* self, PyObject*) {
  Loop& loop = loop_behind(self);
  const Ref keywords = loop.keywords();
  return keywords ? loop.kinds().futures.future(keywords.get()).release() : nullptr;
}

PyObject* create_task(PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                      PyObject* keywords) {
  Loop& loop = loop_behind(self);
  const FutureTypes& types = loop.kinds().futures;
  const bool has_factory = loop.task_factory && loop.task_factory.get() != Py_None;
  if (has_factory || loop.closed || !is_usual(count, keywords))
    return inherited_create_task(self, types, arguments, count, keywords);
  Ref all = loop.keywords();
  if (all && keywords != nullptr) all = steal(PyDict_Copy(all.get()));
  const Py_ssize_t named = keywords != nullptr ? PyTuple_GET_SIZE(keywords) : 0;
  for (Py_ssize_t index = 0; all && index < named; ++index)
    if (PyDict_SetItem(all.get(), PyTuple_GET_ITEM(keywords, index), arguments[count + index]) != 0)
      return nullptr;
  return all ? types.task(arguments[0], all.get()).release() : nullptr;
}

}  // namespace asgi_worker::loop
