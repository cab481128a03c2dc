// Bytes in, a request out: Beast's parser, one for each request, with the limits and the tolerance
// that this server has. Pure; the connection feeds it what it reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "supervisord/web/http.hpp"

namespace supervisord::web {

struct SizeLimits {
  std::uint32_t head_bytes = 64 * 1024;
  std::uint64_t body_bytes = 16 * 1024 * 1024;
};

class RequestReader {
 public:
  enum class Step {
    more,     // all that could be used was taken; give more
    head,     // the head is here: look at it, then feed again
    whole,    // take() it
    refused,  // answer refusal() and close: what follows cannot be told apart any more
  };

  explicit RequestReader(const SizeLimits& limits);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  /// Takes what it uses off the front of `bytes`. Empty lines before a request are skipped
  /// (supervisorctl sends one too many after each). Not to be called again after whole or refused.
  Step feed(std::string& bytes);

  /// Whether a request has begun.
  bool has_begun() const { return has_begun_; }
  /// 400, 411 (a POST or PUT whose length is not told), 413 or 431.
  unsigned refusal() const { return refusal_; }

  // From Step::head on.
  std::string_view field(std::string_view name) const;
  bool expects_continue() const;
  bool keep_alive() const;
  unsigned minor_version() const;

  /// After Step::whole; `peer` and `over_unix_socket` are the connection's to say.
  Request take();

 private:
  struct Parser;
  Step refuse(unsigned status);

  std::unique_ptr<Parser> parser_;
  bool has_begun_ = false;
  bool told_head_ = false;
  bool lacks_length_ = false;
  unsigned refusal_ = 0;
};

}  // namespace supervisord::web
