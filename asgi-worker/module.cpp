// The extension module _asgi_worker: what Python may call. Multi-phase initialisation; its state is
// one State an import, so that a second interpreter has its own.
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "asgi-worker/arbiter/command.hpp"
#include "asgi-worker/loop/types.hpp"
#include "asgi-worker/options/table.hpp"
#include "asgi-worker/worker/core.hpp"
#include "asgi-worker/worker/logging.hpp"
#include "asgi-worker/worker/state.hpp"

namespace {

using asgi_worker::python::Ref;
using asgi_worker::python::steal;
using asgi_worker::worker::State;

State*& state_slot(PyObject* module) { return *static_cast<State**>(PyModule_GetState(module)); }

/// A sequence of str as what the system calls words; none with a Python error set.
std::optional<std::vector<std::string>> words_of(PyObject* arguments) {
  const Ref words = steal(PySequence_Fast(arguments, "arguments: a sequence of str"));
  if (!words) return std::nullopt;
  std::vector<std::string> all;
  for (Py_ssize_t index = 0; index < PySequence_Fast_GET_SIZE(words.get()); ++index) {
    const Ref bytes =
        steal(PyUnicode_EncodeFSDefault(PySequence_Fast_GET_ITEM(words.get(), index)));
    if (!bytes) return std::nullopt;
    all.emplace_back(PyBytes_AS_STRING(bytes.get()));
  }
  return all;
}

/// main(arguments) -> exit status.
PyObject* module_main(PyObject* module, PyObject* arguments) {
  const auto words = words_of(arguments);
  if (!words) return nullptr;
  const int status = asgi_worker::arbiter::run_command(*words, *state_slot(module));
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
  state_slot(module)->is_ready = false;
  return Py_NewRef(Py_None);
}

/// loop_types() -> {name: type}: what asgi_worker.Loop is made of.
PyObject* module_loop_types(PyObject* module, PyObject*) {
  const auto* const types = asgi_worker::loop::types_of(module);
  if (types == nullptr) return nullptr;
  return Py_BuildValue("{sOsOsOsOsOsO}", "LoopCore", types->core.get(), "StreamTransport",
                       types->stream.get(), "DatagramTransport", types->datagram.get(),
                       "ReadPipeTransport", types->read_pipe.get(), "WritePipeTransport",
                       types->write_pipe.get(), "SockOperation", types->operation.get());
}

/// set_sinks(log, access): where lines go instead of their files; None for there.
PyObject* module_set_sinks(PyObject* module, PyObject* arguments) {
  PyObject *log = nullptr, *access = nullptr;
  if (!PyArg_ParseTuple(arguments, "OO", &log, &access)) return nullptr;
  asgi_worker::worker::set_sinks(*state_slot(module), log, access);
  return Py_NewRef(Py_None);
}

/// settings(words): serving.Settings, as these words of a command line say.
PyObject* module_settings(PyObject* module, PyObject* arguments) {
  const auto words = words_of(arguments);
  return words ? asgi_worker::arbiter::settings_of(*words, *state_slot(module)).release() : nullptr;
}

/// option_keys(): the names of all options, as configuration files have them.
PyObject* module_option_keys(PyObject*, PyObject*) {
  Ref keys = steal(PyList_New(0));
  for (const auto& table : {asgi_worker::options::rows(), asgi_worker::options::known_rows()})
    for (const auto& row : table) {
      const Ref key =
          steal(PyUnicode_FromStringAndSize(row.key.data(), Py_ssize_t(row.key.size())));
      if (!keys || !key || PyList_Append(keys.get(), key.get()) != 0) return nullptr;
    }
  return keys.release();
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
    {"settings", module_settings, METH_O, "What a server is told, as these words say."},
    {"option_keys", module_option_keys, METH_NOARGS, "The names of all options."},
    {"set_sinks", module_set_sinks, METH_VARARGS, "Where lines of log and access log go."},
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
