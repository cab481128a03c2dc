// One HTTP exchange as the handlers (XML-RPC, page, logs, metrics) see it: a request that is here
// whole, and a way to answer it, at once or as a stream. No sockets here: the connection implements
// Exchange, tests have a fake of it. Everything on the daemon's loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace supervisord::web {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  // "GET"
  std::string path;    // as sent, still percent-encoded, without the query
  std::string query;   // as sent, behind the '?'
  Fields fields;
  std::string body;
  std::string peer;  // for the log: "127.0.0.1:4711", or "unix pid 12 uid 0"
  std::string who;   // for the audit lines: "user me from 127.0.0.1:4711", "uid 0, pid 12"
  bool over_unix_socket = false;

  /// The first field of that name, compared without case; "" when there is none.
  std::string_view field(std::string_view name) const;
};

struct Response {
  unsigned status = 200;
  std::string content_type = "text/html; charset=utf-8";
  Fields fields;  // beside Server, Date, Content-Type and the framing
  std::string body;
};

/// The answer that says no more than its status: Supervisor's small page.
Response error_response(unsigned status);

/// A body sent piece by piece (chunked, or until the end of the connection for HTTP/1.0).
class Stream {
 public:
  virtual ~Stream() = default;
  /// Takes one piece; `taken` is called when the next may come, never from within the call, and not
  /// any more once the client is gone. One piece at a time.
  virtual void write(std::string piece, std::function<void()> taken) = 0;
  virtual void end() = 0;
};

class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const Request& request() const = 0;
  /// Exactly one of answer() and stream(), once, now or later.
  virtual void answer(Response response) = 0;
  /// `head`'s body is not looked at.
  virtual std::shared_ptr<Stream> stream(Response head) = 0;
  /// Called when the client is gone before the answer was over: whoever waits may let go.
  virtual void on_gone(std::function<void()> gone) = 0;
};

/// Keeps the Exchange for as long as it is going to answer.
using Handler = std::function<void(const std::shared_ptr<Exchange>&)>;

}  // namespace supervisord::web
