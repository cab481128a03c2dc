// Strings that every scope and message is made of, interned once a core. Lives as long as it.
#pragma once

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::asgi {

struct Keys {
  /// Null members: a Python error is set.
  static Keys make();
  bool is_whole() const;

  python::Ref type, asgi, version, spec_version, http_version, method, scheme, path, raw_path,
      query_string, root_path, headers, client, server, state, body, more_body, status, trailers,
      more_trailers, links, link, file, offset, count, extensions, peer;
  python::Ref http, http_request, http_disconnect;
  python::Ref http_1_0, http_1_1, http_2;
  python::Ref empty_bytes;
};

}  // namespace asgi_worker::asgi
