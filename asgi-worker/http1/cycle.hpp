// What one request and its answer mean for the connection: when "100 Continue" is said, whether the
// connection is kept, what becomes of a body that nobody read. Pure; one a connection, begun anew
// with each request. Source: RFC 9112 9.3 and 9.6, RFC 9110 10.1.1.
#pragma once

#include "asgi-worker/http1/head.hpp"
#include "asgi-worker/http1/writer.hpp"

namespace asgi_worker::http1 {

class Cycle {
 public:
  /// What follows when the answer is whole.
  enum class Next {
    request,    // the next one, on the same connection
    skip_body,  // the rest of this one's body first, within bounds
    close,
  };

  void begin(const Head& head) {
    version_ = head.version;
    to_head_ = head.method == "HEAD";
    keep_alive_ = head.keep_alive;
    awaits_continue_ = head.expects_continue;
    body_whole_ = head.framing == Framing::none;
    framing_ = {};
    written_ = 0;
    started_ = false;
  }

  /// Bytes of the request's body came: the client does not wait any more.
  void note_body() { awaits_continue_ = false; }
  void note_body_end() { body_whole_ = true; }
  bool body_is_whole() const { return body_whole_; }

  /// The application wants the body: whether "100 Continue" is to be written now.
  bool take_continue() {
    if (!awaits_continue_ || started_) return false;
    awaits_continue_ = false;
    return true;
  }

  /// The answer's head, but for status and fields. `may_keep`: what the server would like.
  AnswerHead answer_head(bool may_keep) const {
    // Who was never told to continue may or may not send its body: nothing after it can be read.
    return {.version = version_,
            .to_head = to_head_,
            .keep_alive = keep_alive_ && may_keep && !awaits_continue_};
  }
  void note_start(const AnswerFraming& framing) {
    framing_ = framing;
    started_ = true;
  }
  bool started() const { return started_; }
  const AnswerFraming& framing() const { return framing_; }
  bool to_head() const { return to_head_; }

  /// Of `size` bytes that the application writes, how many belong to the answer.
  std::uint64_t count_written(std::uint64_t size);
  /// What content-length leaves; none when nothing is counted.
  std::optional<std::uint64_t> body_left() const;

  /// The answer is whole as far as the application goes.
  Next finish() const;

 private:
  http::Version version_ = http::Version::http_1_1;
  bool to_head_ = false;
  bool keep_alive_ = true;
  bool awaits_continue_ = false;
  bool body_whole_ = true;
  bool started_ = false;
  AnswerFraming framing_;
  std::uint64_t written_ = 0;
};

}  // namespace asgi_worker::http1
