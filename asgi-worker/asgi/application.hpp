// Answers the server's requests with an ASGI application: a Cycle for each, run as a task. Owned by
// the core's Python object; one thread, GIL held.
#pragma once

#include <functional>
#include <string>
#include <unordered_set>

#include "asgi-worker/asgi/cycle.hpp"
#include "asgi-worker/asgi/scope.hpp"
#include "asgi-worker/asgi/spares.hpp"
#include "asgi-worker/python/log.hpp"

namespace asgi_worker::asgi {

/// The Python types of this folder, made once a module.
struct Types {
  python::Ref cycle, receive, send, awaitable;
  python::Ref client_disconnected;  // an exception
  python::Ref sent;                 // an object
};
/// False with a Python error set.
bool make_types(PyObject* module, Types& types);

/// Runs coroutines as tasks of the loop. Handed in by whoever wires.
class Tasks {
 public:
  virtual ~Tasks() = default;
  /// Steps `coroutine` at once. Its task when it is suspended; null without a Python error when it
  /// has ended.
  virtual python::Ref start(PyObject* coroutine) = 0;
};

/// How the application is called, and with what.
struct Calling {
  python::Ref callable;  // (scope, receive, send) -> awaitable
  python::Ref loop;
  python::Ref state;         // the lifespan's dict
  std::string asgi_version;  // "3.0"
  std::string spec_version;  // "2.5"; below 2.4, send() after a disconnect is dropped in silence
  std::string root_path;
};

class Application final : public http::Application {
 public:
  /// `types`, `tasks` and `log` outlive this; `owner` is the Python object that owns it, which
  /// every cycle keeps alive. Check is_whole() afterwards.
  Application(Calling calling, const Types& types, Tasks& tasks, const python::Log& log,
              PyObject* owner);
  bool is_whole() const { return keys_.is_whole(); }

  void on_request(http::Exchange& exchange, const http::Request& request) override;
  void start(Cycle& cycle, PyObject* coroutine);

  const Keys& keys() const { return keys_; }
  PyObject* loop() const { return calling_.loop.get(); }
  PyObject* callable() const { return calling_.callable.get(); }
  PyObject* cancelled_error() const { return cancelled_error_.get(); }
  PyObject* client_disconnected() const { return types_.client_disconnected.get(); }
  /// What send() does once the client has left: raise, or drop the message.
  bool raises_disconnect() const { return raises_disconnect_; }
  const python::Log& log() const { return log_; }
  Head& head() { return head_; }
  LastBody& last_body() { return last_body_; }
  KnownText response_start{"http.response.start"};
  KnownText response_body{"http.response.body"};
  /// Of the objects of each type, which end before this.
  Spares cycles, receives, sends;
  python::Ref bind_receive(PyObject* cycle) const;
  python::Ref bind_send(PyObject* cycle) const;

  void finished(Cycle& cycle, Given given);
  /// Told of each call's end, when somebody counts them.
  std::function<void()> on_end;
  std::size_t requests() const { return requests_; }       // so far
  std::size_t running() const { return running_.size(); }  // tasks that are suspended
  void end_streams();                                      // Cycle::end_stream of each
  void cancel_all();

 private:
  Calling calling_;
  const Types& types_;
  Tasks& tasks_;
  const python::Log& log_;
  PyObject* owner_;
  Keys keys_;
  ScopeMaker scopes_;
  python::Ref cancelled_error_;
  bool raises_disconnect_;
  Head head_;
  LastBody last_body_;
  std::unordered_set<Cycle*> running_;
  std::size_t requests_ = 0;
};

}  // namespace asgi_worker::asgi
