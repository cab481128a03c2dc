// What the control socket has to do with the rest of the arbiter.
#include <csignal>

#include "asgi-worker/arbiter/site.hpp"
#include "asgi-worker/python/error.hpp"

namespace asgi_worker::arbiter {

using common::Result;
using python::Level;
using python::Ref;
using python::steal;

Result<void> Site::serve_control() {
  if (options_.control_socket.empty() || options_.no_control_socket) return {};
  const auto mode = options_.control_socket_mode.value_or(options::Mode{0600});
  auto begun = ControlServer::listen(options_.control_socket, mode.bits);
  if (!begun) return begun.error();
  control_.emplace(std::move(*begun));
  arbiter_->watch(control_->fd(), [this] {
    const int client = control_->accept();
    if (client >= 0) arbiter_->watch(client, [this, client] { answer_control(client); });
  });
  log_.line(Level::info, "Control socket listening at " + options_.control_socket);
  return {};
}

void Site::answer_control(int client) {
  const auto read = control_->read(client);
  for (const auto& message : read.messages) {
    obey(client, message);
    if (arbiter_->is_child()) return;  // a worker that was asked for
  }
  if (!read.is_closed) return;
  arbiter_->unwatch(client);
  control_->close(client);
}

void Site::obey(int client, const std::string& message) {
  const Ref module = steal(PyImport_ImportModule("asgi_worker.control"));
  const Ref facts = module ? control_facts() : Ref{};
  const Ref made =
      facts ? steal(PyObject_CallMethod(module.get(), "answer", "y#O", message.data(),
                                        static_cast<Py_ssize_t>(message.size()), facts.get()))
            : Ref{};
  const char* answer = nullptr;
  Py_ssize_t size = 0;
  int number = 0;
  int times = 0;
  int pid = 0;
  if (!made || PyArg_ParseTuple(made.get(), "y#iii", &answer, &size, &number, &times, &pid) == 0) {
    const Ref exception = python::take_exception();
    return log_.line(Level::error, "control socket: " + python::exception_text(exception.get()));
  }
  control_->write(client, {answer, static_cast<std::size_t>(size)});
  for (int time = 0; time < times && !arbiter_->is_child(); ++time)
    pid > 0 ? static_cast<void>(::kill(pid, number)) : arbiter_->on_signal(number);
}

/// What control.py is told; null with a Python error set.
Ref Site::control_facts() const {
  const Ref workers = steal(PyList_New(0));
  const Ref listeners = steal(PyList_New(0));
  if (!workers || !listeners) return {};
  for (const auto& worker : arbiter_->workers()) {
    const Ref row =
        steal(Py_BuildValue("{s:i,s:O,s:d}", "pid", static_cast<int>(worker.pid), "booted",
                            worker.is_ready ? Py_True : Py_False, "silent", worker.silent_seconds));
    if (!row || PyList_Append(workers.get(), row.get()) != 0) return {};
  }
  for (const int fd : sockets_.fds()) {
    const Ref row = steal(Py_BuildValue("(is)", fd, common::bound_address(fd).c_str()));
    if (!row || PyList_Append(listeners.get(), row.get()) != 0) return {};
  }
  const Ref config = option_texts(options_);
  if (!config) return {};
  return steal(Py_BuildValue("{s:O,s:O,s:O,s:i,s:d,s:k,s:k,s:k}", "workers", workers.get(),
                             "listeners", listeners.get(), "config", config.get(), "wanted",
                             workers_count_.second, "started_at", started_at_unix_, "spawned",
                             spawned_, "ended", ended_, "reloads", reloads_));
}

}  // namespace asgi_worker::arbiter
