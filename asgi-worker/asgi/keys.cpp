#include "asgi-worker/asgi/keys.hpp"

namespace asgi_worker::asgi {

using python::steal;

Keys Keys::make() {
  const auto interned = [](const char* text) { return steal(PyUnicode_InternFromString(text)); };
  Keys keys;
  keys.type = interned("type");
  keys.asgi = interned("asgi");
  keys.version = interned("version");
  keys.spec_version = interned("spec_version");
  keys.http_version = interned("http_version");
  keys.method = interned("method");
  keys.scheme = interned("scheme");
  keys.path = interned("path");
  keys.raw_path = interned("raw_path");
  keys.query_string = interned("query_string");
  keys.root_path = interned("root_path");
  keys.headers = interned("headers");
  keys.client = interned("client");
  keys.server = interned("server");
  keys.state = interned("state");
  keys.body = interned("body");
  keys.more_body = interned("more_body");
  keys.status = interned("status");
  keys.trailers = interned("trailers");
  keys.more_trailers = interned("more_trailers");
  keys.links = interned("links");
  keys.link = interned("link");
  keys.file = interned("file");
  keys.offset = interned("offset");
  keys.count = interned("count");
  keys.extensions = interned("extensions");
  keys.peer = interned("asgi-worker.peer");
  keys.http = interned("http");
  keys.http_request = interned("http.request");
  keys.http_disconnect = interned("http.disconnect");
  keys.http_1_0 = interned("1.0");
  keys.http_1_1 = interned("1.1");
  keys.http_2 = interned("2");
  keys.empty_bytes = steal(PyBytes_FromStringAndSize(nullptr, 0));
  return keys;
}

bool Keys::is_whole() const { return PyErr_Occurred() == nullptr; }

}  // namespace asgi_worker::asgi
