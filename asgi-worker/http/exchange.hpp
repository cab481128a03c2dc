// Where server and application meet: bytes and requests on one side, ASGI on the other. No Python,
// no sockets. One thread, with the GIL held, calls all of it. `Exchange` is the server's side of
// one request, `Cycle` the application's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "asgi-worker/http/request.hpp"

namespace asgi_worker::http {

/// The application's side of one request. Owned by the application, which may outlive the exchange:
/// the server calls exactly one of complete() and disconnected() last, and then never again.
class Cycle {
 public:
  virtual ~Cycle() = default;
  /// What had come together with the head has been given, so that the application need not wait for
  /// it: now it may run. Not called for a request that was answered from within on_request().
  virtual void on_start() {}
  /// More of the request's body; the view dies with the call.
  virtual void on_body(std::string_view bytes) = 0;
  /// Where the socket may be read to for more of a body of which `left` bytes are to come, so that
  /// nobody copies them; on_body_read() says how many have been. Holds until the next call. Empty:
  /// they are given to on_body().
  virtual std::span<char> body_room(std::uint64_t left) {
    static_cast<void>(left);
    return {};
  }
  /// `size` bytes of the body lie where body_room() said; `left` are to come behind them.
  virtual void on_body_read(std::size_t size, std::uint64_t left) {
    static_cast<void>(size + left);
  }
  /// The request's body is complete. Comes at once for a request without one.
  virtual void on_body_end() = 0;
  /// The out buffer has drained below its low-water mark after write() answered `full`.
  virtual void on_writable() = 0;
  /// The answer is finished and handed to the socket's buffer: the Exchange is gone when this
  /// returns.
  virtual void on_complete() = 0;
  /// The client has gone, or the server ends the connection: the Exchange is gone when this
  /// returns.
  virtual void on_disconnect() = 0;
  /// The answer has taken too long: as on_disconnect(), and what still works at it is to be
  /// cancelled.
  virtual void on_time_out() { on_disconnect(); }
  /// The client has shut down its sending side after a whole request. It may be gone, or wait for
  /// its answer (both look the same until something is sent): receive() may say http.disconnect,
  /// while the Exchange stays and still takes an answer.
  virtual void on_half_close() {}
};

enum class Accepted {
  yes,
  full,  // taken, but the out buffer is above its high-water mark: wait for on_writable()
};

/// The server's side of one request. Owned by its connection; valid until on_complete() or
/// on_disconnect() was called.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// The application's side of this request.
  virtual void attach(Cycle& cycle) = 0;

  /// The head of the final answer. `status` 200 to 599 and the fields have been checked by the
  /// caller (names are tokens, lower-cased; values bear no CR, LF or NUL). Framing is the writer's:
  /// transfer-encoding is dropped, content-length is kept and counted. Nothing goes to the socket
  /// before the first write() or finish().
  virtual void start(int status, std::span<const Field> fields) = 0;
  /// Body bytes, copied. At most what content-length says (the caller checks with body_left()).
  virtual Accepted write(std::string_view bytes) = 0;
  /// So many bytes of an open file from `offset`, as a part of the body. `file` is borrowed until
  /// on_writable() comes, or the end; neither write() nor finish() may be called before.
  virtual void write_file(int file, std::uint64_t offset, std::uint64_t size) = 0;
  /// The answer is whole. Short of its content-length: the connection is closed.
  virtual void finish() = 0;
  /// Likewise, with trailer fields, checked as start()'s. They go only where the framing has room
  /// for them; whether the client takes them is the caller's to know.
  virtual void finish(std::span<const Field> trailers) = 0;
  /// An interim answer (103) before the final one. Nothing once bytes of that are on their way, and
  /// nothing to HTTP/1.0.
  virtual void inform(int status, std::span<const Field> fields) = 0;
  /// An answer of the server's own (500 and the like, text/plain) in the place of one of which
  /// nothing is on its way yet; then the connection closes. Otherwise like abort().
  virtual void refuse(int status, std::string_view text) = 0;
  /// The answer cannot be completed: closes the connection without the final chunk.
  virtual void abort() = 0;

  /// The application wants to read: sends "100 Continue" when the client waits for it, and resumes
  /// reading.
  virtual void want_body() = 0;
  /// The application has more than it takes: stop reading from the socket.
  virtual void pause_body() = 0;
  /// Content-length minus what was written; none when the answer bears no length.
  virtual std::optional<std::uint64_t> body_left() const = 0;
};

/// What answers requests. Handed to the server by worker.cpp.
class Application {
 public:
  virtual ~Application() = default;
  /// A request's head. Calls exchange.attach() before it returns; may answer at once, from within.
  virtual void on_request(Exchange& exchange, const Request& request) = 0;
};

}  // namespace asgi_worker::http
