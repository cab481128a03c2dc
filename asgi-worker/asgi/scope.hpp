// A request as ASGI's scope: the last request's, completed, is the template that is copied, since
// the next one mostly differs from it in little. A scope that comes back as it was given, with
// nobody else who has it, is given out again. Owned by the core's Application; needs the GIL.
// Source: ASGI 3.0 HTTP connection scope, as uvicorn 0.54 fills it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "asgi-worker/asgi/keys.hpp"
#include "asgi-worker/http/request.hpp"

namespace asgi_worker::asgi {

/// A scope, and what tells later whether it is still as it was made.
struct Given {
  python::Ref scope;
  // What it holds, unless it has been changed.
  PyObject* asgi = nullptr;
  PyObject* headers = nullptr;
  PyObject* state = nullptr;
  PyObject* extensions = nullptr;
  std::uint64_t version = 0;        // no dict of it was changed after that
  std::uint64_t state_version = 0;  // of the lifespan's state when this one's was copied
  std::uint64_t section = 0;        // its request's
  bool has_proxy = false;           // extensions tell of one
};

class ScopeMaker {
 public:
  /// `state` is the lifespan's dict: each request gets a shallow copy. `keys` outlives this.
  ScopeMaker(const Keys& keys, std::string asgi_version, std::string spec_version,
             std::string root_path, python::Ref state);
  /// Without a scope, and with a Python error set, when it cannot be made.
  Given make(const http::Request& request);
  /// The call that it was given to has ended.
  void take_back(Given given);

 private:
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Cache = std::unordered_map<std::string, python::Ref, NameHash, std::equal_to<>>;
  struct End {
    http::Endpoint endpoint;
    python::Ref tuple;
  };

  bool put(const python::Ref& key, const python::Ref& value);
  bool fill_template();
  bool set_root(std::string_view prefix);
  bool set_target(const http::Request& request);
  bool set_method(std::string_view method);
  bool set_line(const http::Request& request);
  bool set_client(PyObject* scope, const http::Request& request);
  Given copy_of_template() const;
  bool set_headers(Given& given, const http::Request& request);
  bool is_as_given(const Given& given) const;
  PyObject* known_headers(std::uint64_t section) const;
  python::Ref header_pair(const http::Field& field, std::size_t index);
  python::Ref cached_name(std::string_view name);
  python::Ref cached_method(std::string_view method);
  python::Ref header_list(const http::Request& request);
  python::Ref make_header_list(const http::Request& request);
  bool replace_host(const http::Request& request, PyObject* headers);
  bool set_proxy(const http::Endpoint& proxy, PyObject* extensions);
  python::Ref path_text(std::string_view raw_path) const;
  python::Ref tuple_of(const http::Endpoint& endpoint, End& last) const;
  python::Ref peer_tuple(const http::Endpoint& peer);

  const Keys& keys_;
  std::string root_path_;
  std::string last_prefix_;  // of the last request
  std::string root_;         // that and root_path_
  python::Ref version_;
  python::Ref spec_version_;
  python::Ref root_path_text_;
  python::Ref scheme_;
  python::Ref state_;
  python::Ref extensions_;
  python::Ref template_;     // what each scope begins as: all that may be shared between two
  python::Ref asgi_;         // likewise
  std::string last_target_;  // that the template has: raw path, '?', query
  std::string last_method_;
  std::string last_scheme_;
  http::Version last_version_ = http::Version::http_1_1;
  Given spare_;                          // kept equal to the template in what both have
  python::Ref server_;                   // that the template has
  std::vector<python::Ref> last_pairs_;  // the first headers' tuples, by position
  /// Lists of headers that nobody else has, by section.
  struct KnownHeaders {
    std::uint64_t section = 0;
    python::Ref list;
  };
  std::array<KnownHeaders, 32> known_headers_;
  Cache names_;
  Cache methods_;
  End last_client_;
  End last_server_;
  End last_proxy_;
};

}  // namespace asgi_worker::asgi
