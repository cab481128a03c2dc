// One request as it came, in views into the connection's buffer: valid until the head's handler
// returns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace asgi_worker::http {

enum class Version { http_1_0, http_1_1, http_2 };

struct Field {
  std::string_view name;   // lower-cased
  std::string_view value;  // without the blanks around it
};

/// One end of a connection. A Unix socket has a path and no port.
struct Endpoint {
  std::string host;  // an address as text; for a Unix socket its path, "" when it has none
  std::uint16_t port = 0;
  bool is_unix = false;
  /// What the application's side has made of it, kept as long as it.
  mutable std::shared_ptr<void> made = {};
};

struct Request {
  std::string_view method;
  std::string_view raw_path;  // before '?', undecoded
  std::string_view query;     // after the first '?', undecoded
  Version version = Version::http_1_1;
  std::span<const Field> fields;
  std::uint64_t section = 0;  // requests of the same number have the same fields; 0: not known
  std::optional<std::uint64_t> content_length;  // none: chunked, or no body
  bool has_body = false;                        // a body of at least one byte may follow
  bool expects_continue = false;
  bool takes_trailers = false;
  const Endpoint* peer = nullptr;    // the connection's; stays as long as it
  const Endpoint* server = nullptr;  // likewise
  std::string_view scheme = "http";
  // What a proxy says.
  const Endpoint* proxy = nullptr;  // the connection's peer, where `peer` is whom it named
  std::string_view authority;       // stands for the value of `host`; empty: that stays
  std::string_view prefix;          // under which it serves the application; empty: none
};

}  // namespace asgi_worker::http
