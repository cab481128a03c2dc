// The extension module _asgi_worker: what Python may call. Multi-phase initialisation; its state is
// one State an import, so that a second interpreter has its own.
#include <cstdio>
#include <string>
#include <vector>

#include "asgi-worker/arbiter/command.hpp"
#include "asgi-worker/loop/types.hpp"
#include "asgi-worker/worker/core.hpp"
#include "asgi-worker/worker/state.hpp"

namespace {

using asgi_worker::python::Ref;
using asgi_worker::python::steal;
using asgi_worker::worker::State;

State*& state_slot(PyObject* module) { return *static_cast<State**>(PyModule_GetState(module)); }

/// main(arguments) -> exit status.
PyObject* module_main(PyObject* module, PyObject* arguments) {
  const Ref words = steal(PySequence_Fast(arguments, "arguments: a sequence of str"));
  if (!words) return nullptr;
  std::vector<std::string> all;
  for (Py_ssize_t index = 0; index < PySequence_Fast_GET_SIZE(words.get()); ++index) {
    const Ref bytes =
        steal(PyUnicode_EncodeFSDefault(PySequence_Fast_GET_ITEM(words.get(), index)));
    if (!bytes) return nullptr;
    all.emplace_back(PyBytes_AS_STRING(bytes.get()));
  }
  const int status = asgi_worker::arbiter::run_command(all, *state_slot(module));
  std::fflush(stdout);
  return PyErr_Occurred() != nullptr ? nullptr : PyLong_FromLong(status);
}

/// log(level, text): a line as the server's own are.
PyObject* module_log(PyObject* module, PyObject* arguments) {
  const char* level = nullptr;
  const char* text = nullptr;
  if (!PyArg_ParseTuple(arguments, "ss", &level, &text)) return nullptr;
  state_slot(module)->log.line(asgi_worker::python::level_of(level), text);
  return Py_NewRef(Py_None);
}

/// reopen_logs(): after they have been renamed.
PyObject* module_reopen_logs(PyObject* module, PyObject*) {
  if (const auto& reopen = state_slot(module)->reopen_logs) reopen();
  return Py_NewRef(Py_None);
}

/// beat(): the loop turns; the arbiter looks whether it still does.
PyObject* module_beat(PyObject* module, PyObject*) {
  if (auto* const cell = state_slot(module)->cell) cell->beat();
  return Py_NewRef(Py_None);
}

/// is_retiring(): whether a successor serves in this worker's place.
PyObject* module_is_retiring(PyObject* module, PyObject*) {
  const auto* const cell = state_slot(module)->cell;
  return PyBool_FromLong(cell != nullptr && cell->is_retiring);
}

/// not_ready(): the ready path answers 503 from now on.
PyObject* module_not_ready(PyObject* module, PyObject*) {
  state_slot(module)->probes.is_ready = false;
  return Py_NewRef(Py_None);
}

/// loop_types() -> LoopCore, StreamTransport, SockOperation: what asgi_worker.Loop is made of.
PyObject* module_loop_types(PyObject* module, PyObject*) {
  const auto* const types = asgi_worker::loop::types_of(module);
  return types != nullptr
             ? PyTuple_Pack(3, types->core.get(), types->transport.get(), types->operation.get())
             : nullptr;
}

int execute(PyObject* module) {
  State*& state = state_slot(module);
  state = new State;
  state->capture_type = asgi_worker::loop::make_capture_type(module);
  const Ref core = asgi_worker::worker::make_core_type(module);
  if (!state->capture_type || !core || !asgi_worker::asgi::make_types(module, state->types))
    return -1;
  if (PyModule_AddObjectRef(module, "ClientDisconnected", state->types.client_disconnected.get()) !=
      0)
    return -1;
  return PyModule_AddObjectRef(module, "Core", core.get());
}

void free_module(void* module) {
  if (void* const slot = PyModule_GetState(static_cast<PyObject*>(module)))
    delete *static_cast<State**>(slot);
}

PyMethodDef methods[] = {
    {"main", module_main, METH_O, "Runs the command with these arguments; its exit status."},
    {"log", module_log, METH_VARARGS, "Writes a line of the server's log: level, text."},
    {"beat", module_beat, METH_NOARGS, "Tells the arbiter that the loop turns."},
    {"not_ready", module_not_ready, METH_NOARGS, "The ready path answers 503 from now on."},
    {"is_retiring", module_is_retiring, METH_NOARGS, "Whether a successor serves already."},
    {"reopen_logs", module_reopen_logs, METH_NOARGS, "Opens the log files again."},
    {"loop_types", module_loop_types, METH_NOARGS, "The types that asgi_worker.Loop is made of."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef_Slot slots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(execute)},
    {0, nullptr},
};

PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                          "_asgi_worker",
                          "The core of asgi-worker.",
                          sizeof(State*),
                          methods,
                          slots,
                          nullptr,
                          nullptr,
                          free_module};

}  // namespace

PyMODINIT_FUNC PyInit__asgi_worker() { return PyModuleDef_Init(&definition); }
