// A request as ASGI's scope: a template dict copied and completed. Owned by the core's Application;
// needs the GIL. Source: ASGI 3.0 HTTP connection scope, as uvicorn 0.54 fills it.
#pragma once

#include <string>
#include <unordered_map>

#include "asgi-worker/asgi/keys.hpp"
#include "asgi-worker/http/request.hpp"

namespace asgi_worker::asgi {

class ScopeMaker {
 public:
  /// `state` is the lifespan's dict: each request gets a shallow copy. `keys` outlives this.
  ScopeMaker(const Keys& keys, std::string asgi_version, std::string spec_version,
             std::string root_path, python::Ref state);
  /// A new dict; null with a Python error set.
  python::Ref make(const http::Request& request);

 private:
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Cache = std::unordered_map<std::string, python::Ref, NameHash, std::equal_to<>>;
  struct Peer {
    http::Endpoint endpoint;
    python::Ref tuple;
  };

  python::Ref cached_name(std::string_view name);
  python::Ref cached_method(std::string_view method);
  python::Ref header_list(const http::Request& request);
  python::Ref path_text(std::string_view raw_path) const;
  python::Ref asgi_dict() const;
  python::Ref endpoint_tuple(const http::Endpoint* endpoint, Peer& last, bool is_server) const;

  const Keys& keys_;
  std::string root_path_;
  python::Ref version_;
  python::Ref spec_version_;
  python::Ref root_path_text_;
  python::Ref scheme_;
  python::Ref state_;
  python::Ref extensions_;
  Cache names_;
  Cache methods_;
  Peer last_client_;
  Peer last_server_;
};

}  // namespace asgi_worker::asgi
