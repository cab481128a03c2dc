#include "asgi-worker/arbiter/server_hooks.hpp"

#include "asgi-worker/options/merge.hpp"
#include "asgi-worker/options/table.hpp"

namespace asgi_worker::arbiter {

using python::Ref;
using python::steal;

Ref option_texts(const options::Options& options) {
  Ref all = steal(PyDict_New());
  for (const options::Row& row : options::rows()) {
    if (row.get == nullptr || !all) continue;
    const Ref key =
        steal(PyUnicode_FromStringAndSize(row.key.data(), static_cast<Py_ssize_t>(row.key.size())));
    const Ref text = steal(PyUnicode_DecodeFSDefault(row.get(options).c_str()));
    if (!key || !text || PyDict_SetItem(all.get(), key.get(), text.get()) != 0) return {};
  }
  return all;
}

namespace {

bool is_done(const Ref& answer) {
  if (!answer) PyErr_Print();  // hooks.py logs what a function raises: this is for want of memory
  return answer && answer.get() != Py_False;
}

}  // namespace

ServerHooks::ServerHooks(Ref functions, const options::Options& options) {
  renew(std::move(functions), options);
}

void ServerHooks::renew(Ref functions, const options::Options& options) {
  const bool has_any = functions && PyDict_Size(functions.get()) > 0;
  if (!has_any && !object_) return;
  const Ref facts = option_texts(options);
  if (object_ && facts) {
    is_done(steal(PyObject_CallMethod(object_.get(), "renew", "OO",
                                      functions ? functions.get() : Py_None, facts.get())));
    return;
  }
  const Ref module = facts ? steal(PyImport_ImportModule("asgi_worker.hooks")) : Ref{};
  if (module)
    object_ = steal(PyObject_CallMethod(module.get(), "Hooks", "OO", functions.get(), facts.get()));
  if (!object_) PyErr_Print();
}

bool ServerHooks::call(const char* moment) const {
  return !object_ || is_done(steal(PyObject_CallMethod(object_.get(), moment, nullptr)));
}

bool ServerHooks::call(const char* moment, pid_t worker) const {
  return !object_ ||
         is_done(steal(PyObject_CallMethod(object_.get(), moment, "l", static_cast<long>(worker))));
}

void ServerHooks::count_changes(int now, int before) const {
  if (object_)
    is_done(steal(PyObject_CallMethod(object_.get(), "nworkers_changed", "ii", now, before)));
}

}  // namespace asgi_worker::arbiter
