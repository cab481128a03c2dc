// What hangs on one import of the extension module: its types and its log. None of it is global.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "asgi-worker/asgi/application.hpp"
#include "asgi-worker/loop/task.hpp"
#include "asgi-worker/loop/task_request.hpp"
#include "asgi-worker/python/log.hpp"
#include "asgi-worker/worker/cell.hpp"
#include "asgi-worker/worker/counters.hpp"

namespace asgi_worker::worker {

struct State {
  asgi::Types types;
  python::Ref capture_type;
  std::unique_ptr<loop::RequestTaskType> request_tasks;  // made with the first core that wants them
  python::Log log{2, python::Level::info};
  python::Ref log_sink;     // what takes the log's lines in place of their file; null for none
  python::Ref access_sink;  // the same for whole lines of the access log
  std::function<void(std::string_view lines)> access_copy;  // besides, syslog's
  Cell* cell = nullptr;                                     // in a worker
  const Cells* cells = nullptr;                             // of all workers, likewise
  bool is_ready = true;               // likewise: no longer, once it is about to stop
  Counters* counters = nullptr;       // likewise, where answers are counted
  std::function<void()> reopen_logs;  // set by the command, called by its workers on USR1
};

/// The state of the module that made `type`; null with a Python error set.
inline State* state_of(PyTypeObject* type) {
  void* const slot = PyType_GetModuleState(type);
  return slot != nullptr ? *static_cast<State**>(slot) : nullptr;
}

}  // namespace asgi_worker::worker
