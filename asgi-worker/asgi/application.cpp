#include "asgi-worker/asgi/application.hpp"

#include <vector>

#include "asgi-worker/asgi/disconnect.hpp"
#include "asgi-worker/asgi/types.hpp"
#include "asgi-worker/python/error.hpp"

namespace asgi_worker::asgi {
namespace {

using python::borrow;
using python::Level;
using python::Ref;
using python::steal;

}  // namespace

bool make_types(PyObject* module, Types& types) {
  types.cycle = steal(PyType_FromModuleAndSpec(module, cycle_spec(), nullptr));
  types.receive = steal(PyType_FromModuleAndSpec(module, receive_spec(), nullptr));
  types.send = steal(PyType_FromModuleAndSpec(module, send_spec(), nullptr));
  types.awaitable = steal(PyType_FromModuleAndSpec(module, awaitable_spec(), nullptr));
  types.client_disconnected = make_client_disconnected();
  types.sent = make_sent(module);
  return types.client_disconnected && types.cycle && types.receive && types.send &&
         types.awaitable && types.sent;
}

Application::Application(Calling calling, const Types& types, Tasks& tasks, const python::Log& log,
                         PyObject* owner)
    : calling_{std::move(calling)},
      types_{types},
      tasks_{tasks},
      log_{log},
      owner_{owner},
      keys_{Keys::make()},
      scopes_{keys_, calling_.asgi_version, calling_.spec_version, calling_.root_path,
              calling_.state},
      raises_disconnect_{calling_.spec_version >= "2.4"} {
  const Ref asyncio = steal(PyImport_ImportModule("asyncio"));
  if (asyncio) cancelled_error_ = steal(PyObject_GetAttrString(asyncio.get(), "CancelledError"));
}

void Application::on_request(http::Exchange& exchange, const http::Request& request) {
  ++requests_;
  Given given = scopes_.make(request);
  const Ref object = given.scope ? make_cycle(types_.cycle.get(), *this, owner_) : Ref{};
  if (!object) {  // out of memory
    PyErr_WriteUnraisable(nullptr);
    exchange.refuse(500, "Internal Server Error");
    if (on_end) on_end();
    return;
  }
  cycle_of(object.get()).begin(exchange, std::move(given), request);
}

void Application::start(Cycle& cycle, PyObject* coroutine) {
  cycle.task = tasks_.start(coroutine);
  if (cycle.task) {
    running_.insert(&cycle);
  } else if (PyErr_Occurred() != nullptr) {
    const Ref exception = python::take_exception();
    log_.line(Level::error, "Cannot start a task: " + python::exception_text(exception.get()));
    cycle.on_start_failed();
  }
}

Ref Application::bind_receive(PyObject* cycle) const {
  return make_receive(types_.receive.get(), cycle, types_.awaitable.get());
}

Ref Application::bind_send(PyObject* cycle) const {
  return make_send(types_.send.get(), cycle, types_.awaitable.get(), types_.sent.get());
}

void Application::finished(Cycle& cycle, Given given) {
  if (cycle.task) {
    running_.erase(&cycle);
    cycle.task.reset();
  }
  scopes_.take_back(std::move(given));
  if (on_end) on_end();
}

void Application::end_streams() {
  const std::vector<Cycle*> all{running_.begin(), running_.end()};  // futures wake tasks only later
  for (Cycle* const cycle : all) cycle->end_stream();
}

void Application::cancel_all() {
  std::vector<Ref> tasks;  // cancelling runs callbacks that end other cycles
  for (const Cycle* const cycle : running_) tasks.push_back(cycle->task);
  for (const Ref& task : tasks)
    if (!steal(PyObject_CallMethod(task.get(), "cancel", nullptr)))
      PyErr_WriteUnraisable(task.get());
}

}  // namespace asgi_worker::asgi
