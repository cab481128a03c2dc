// The application's side of one request, and the coroutine that its task runs: what the application
// returned is stepped through here, so that its end is seen without a callback. A Python object
// (Cycle is its C++ part), kept alive by the exchange while there is one, by the task, and by the
// receive and send that the application was given. One thread, GIL held.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "asgi-worker/asgi/file_source.hpp"
#include "asgi-worker/asgi/message.hpp"
#include "asgi-worker/asgi/scope.hpp"
#include "asgi-worker/asgi/waiting_body.hpp"
#include "asgi-worker/http/exchange.hpp"

namespace asgi_worker::asgi {

class Application;

/// What an attempt to receive or send came to.
enum class Outcome {
  done,
  wait,   // until there is a message, or room: waiter()
  error,  // a Python error is set
};

class Cycle final : public http::Cycle {
 public:
  /// `self` is the Python object around this.
  Cycle(Application& application, PyObject* self);

  void begin(http::Exchange& exchange, Given given, const http::Request& request);

  // What the server calls.
  void on_start() override;
  void on_body(std::string_view bytes) override;
  std::span<char> body_room(std::uint64_t left) override { return body_.room(left); }
  void on_body_read(std::size_t size, std::uint64_t left) override;
  void on_body_end() override;
  void on_writable() override;
  void on_complete() override;
  void on_disconnect() override;
  void on_time_out() override;
  void on_half_close() override;

  // What the application awaits.
  Outcome receive(python::Ref& message);
  /// Checks and sends. Outcome::wait: taken, but the out buffer is full: ask is_writable() later.
  Outcome send(PyObject* message);
  /// Again, after Outcome::wait.
  Outcome go_on_sending();
  enum class Until { message, writable };
  /// An iterator that suspends until then; each waiter has a future of its own.
  python::Ref waiter(Until until);

  // What the task calls: a coroutine's protocol.
  PySendResult step(PyObject* argument, PyObject** result);
  PyObject* throw_in(PyObject* arguments);
  PyObject* coroutine() const { return coroutine_.get(); }

  /// The server stops: a stream is told that its client has gone, and its send() raises. What has
  /// not begun its answer is left to end it.
  void end_stream();

  /// No task could be made: answers for the application that never ran.
  void on_start_failed();

  python::Ref task;  // while it is suspended

  Application& application() const { return application_; }

 private:
  enum class Stage { head, body, trailers, complete };
  enum class FileEnds { itself, body };  // with the file's end
  using Waiters = std::vector<python::Ref>;

  python::Ref call_application();
  void note_body(bool has_more);
  PySendResult settled(PySendResult how, PyObject** result);
  void returned(PyObject* value);
  /// Whether the exception ends here; a cancellation goes on to the task.
  bool raised();
  Outcome refuse_as_gone();
  void fail_exchange();
  void finished();
  void wake(Waiters& waiters) {
    if (!waiters.empty()) wake_all(waiters);
  }
  void wake_all(Waiters& waiters);
  int send_start(const Message& message);
  int send_body(const Message& message);
  int check_length(std::uint64_t size, bool has_more) const;
  void end_body();
  bool is_writable() const { return exchange_ == nullptr || !is_full_; }
  // ASGI's extensions: cycle_extensions.cpp.
  int send_early_hint(PyObject* message);
  int send_trailers(PyObject* message);
  int send_path(PyObject* message);
  int send_file(PyObject* message);
  int begin_file(std::unique_ptr<FileSource> file, FileEnds ends);
  bool copy(const FileSource& file);
  void end_file();
  Outcome wait_for_file();
  int refuse_message(const char* expected, PyObject* type);

  Application& application_;  // outlives its cycles: the core's object, which self's type keeps
  PyObject* self_;
  http::Exchange* exchange_ = nullptr;
  python::Ref hold_;  // self, while the exchange may call
  Given given_;       // until the call has ended
  python::Ref coroutine_;
  WaitingBody body_;
  Waiters message_waiters_;
  Waiters writable_waiters_;
  std::unique_ptr<FileSource> file_;  // that the server is sending
  FileEnds file_ends_ = FileEnds::body;
  std::vector<std::pair<std::string, std::string>> trailers_;
  Stage stage_ = Stage::head;
  bool is_called_ = false;       // the application
  bool to_head_ = false;         // the request's method is HEAD
  bool takes_trailers_ = false;  // the client has said so
  bool has_trailers_ = false;    // the application has
  bool body_ended_ = false;
  bool end_received_ = false;  // the application has seen more_body False
  bool is_gone_ = false;       // disconnected, or half closed: http.disconnect comes next
  bool is_told_to_end_ = false;
  bool is_full_ = false;
  bool is_paused_ = false;
};

}  // namespace asgi_worker::asgi
