// HTTP/1.x requests out of bytes: Head, Body, End, or a reason to refuse. Pure; one a connection,
// pipelined requests follow each other. However the bytes are split, the same comes out.
// Source: RFC 9112; stricter where framing is at stake (docs/protocols/http1.md has the table).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "asgi-worker/http/limits.hpp"
#include "asgi-worker/http1/chunked.hpp"
#include "asgi-worker/http1/head.hpp"
#include "asgi-worker/http1/known_sections.hpp"
#include "asgi-worker/http1/scan.hpp"

namespace asgi_worker::http1 {

class Parser {
 public:
  enum class Event {
    need_more,  // nothing comes without more bytes
    head,       // head() holds until the bytes go away or next() is called with others
    body,       // a piece of the body, never empty
    end,        // the request is whole; the next one may follow
    refused,    // the connection is of no use any more
  };
  struct Step {
    Event event;
    std::size_t consumed = 0;  // from the front; the rest is to be given again
    std::string_view body = {};
    int status = 0;  // of a refusal; 0: close without an answer (no HTTP at all)
  };

  /// `limits` outlives the parser, and so does `known`; all parsers that share that have the same
  /// limits.
  explicit Parser(const http::Limits& limits, Kernel kernel = best_kernel(),
                  KnownSections* known = nullptr);

  /// Takes the bytes that were not consumed, with what has come since behind them; they may lie at
  /// another address than last time. Lower-cases the names of fields in place.
  Step next(char* data, std::size_t size);

  const Head& head() const { return head_; }
  /// The bytes of the head that was taken last have gone to another address: its views go along.
  void follow_head(char* data) { rebase(data); }
  /// Whether the head of a request has been taken, and its end not yet.
  bool in_body() const { return phase_ == Phase::body; }
  /// Of a body whose length is known, how many bytes are to come; 0 for others.
  std::uint64_t body_left() const {
    return phase_ == Phase::body && head_.framing == Framing::length ? left_ : 0;
  }
  /// The next `size` bytes of such a body have been taken past the parser.
  void note_body(std::uint64_t size) { left_ -= size; }

 private:
  enum class Phase { start, request_line, fields, body };

  /// What became of one line; two registers.
  struct Line {
    enum class Kind : int { taken, unfinished, refused } kind;
    int status;
    std::size_t size;
  };
  static Line taken(std::size_t size);
  static Line refused_as(int status);

  template <class Scan>
  Step next_head(const Scan& scan, char* data, char* end);
  template <class Scan>
  Line take_request_line(const Scan& scan, char* line, char* end);
  char* method_end(char* at, char* stop) const;
  Line take_version(const char* line, const char* at, const char* end, std::size_t mark);
  template <class Scan>
  Line take_field(const Scan& scan, char* data, char* end);
  template <class Scan>
  Line take_fold(const Scan& scan, char* data, char* end);
  bool take_known(char* data, const char* end);
  enum class Hosts { checked, unchecked };
  Step finish_head(char* data, Hosts hosts);
  int check_host(Hosts hosts);
  int choose_framing();
  int check_codings() const;
  http::Field& add_field();
  void note_field(std::size_t index);
  Step next_body(std::string_view bytes);
  void begin();
  void rebase(char* data);

  const http::Limits& limits_;
  const Kernel kernel_;
#if ASGI_WORKER_VECTORS
  const VectorScan vectors_;
#endif
  KnownSections* const known_;
  std::uint64_t last_section_ = 0;  // of the connection's last head
  Phase phase_ = Phase::start;
  Head head_;
  std::vector<http::Field> fields_{
      16};  // grows, never shrinks; the first field_count_ are the head's
  std::size_t field_count_ = 0;
  char* base_ = nullptr;     // where the head's bytes lay when its views were made
  std::size_t line_ = 0;     // where the line begins that was not whole
  std::size_t section_ = 0;  // where the field lines begin
  std::size_t field_lines_ = 0;
  std::size_t last_line_ = 0;  // size of the last field line, with what it was folded into
  bool last_is_kept_ = false;  // it is the last of fields_
  bool has_folds_ = false;
  Seen seen_;

  std::uint64_t left_ = 0;  // of a body with a length
  ChunkedDecoder chunks_;
};

}  // namespace asgi_worker::http1
