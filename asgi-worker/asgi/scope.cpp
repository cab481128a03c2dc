#include "asgi-worker/asgi/scope.hpp"

#include <algorithm>

#include "asgi-worker/asgi/path.hpp"

namespace asgi_worker::asgi {
namespace {

using python::borrow;
using python::Ref;
using python::steal;

constexpr std::size_t most_cached = 512;  // a client must not be able to fill the memory with names

Ref bytes(std::string_view text) {
  return steal(PyBytes_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size())));
}

Ref utf8(std::string_view text) {
  return steal(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
}

/// What the server offers beyond ASGI's core; the dicts within stay empty.
Ref offered_extensions() {
  return steal(Py_BuildValue("{s:{},s:{},s:{},s:{}}", "http.response.trailers",
                             "http.response.early_hint", "http.response.pathsend",
                             "http.response.zerocopysend"));
}

bool is_same(const http::Endpoint& a, const http::Endpoint& b) {
  return a.port == b.port && a.is_unix == b.is_unix && a.host == b.host;
}

}  // namespace

ScopeMaker::ScopeMaker(const Keys& keys, std::string asgi_version, std::string spec_version,
                       std::string root_path, Ref state)
    : keys_{keys},
      root_path_{std::move(root_path)},
      version_{utf8(asgi_version)},
      spec_version_{utf8(spec_version)},
      root_path_text_{utf8(root_path_)},
      scheme_{steal(PyUnicode_InternFromString("http"))},
      state_{std::move(state)},
      extensions_{offered_extensions()} {}

Ref ScopeMaker::make(const http::Request& request) {
  Ref scope = steal(PyDict_New());
  if (!scope) return {};
  const auto put = [&](const Ref& key, const Ref& value) {
    return value && PyDict_SetItem(scope.get(), key.get(), value.get()) == 0;
  };
  const Ref& version = request.version == http::Version::http_1_1   ? keys_.http_1_1
                       : request.version == http::Version::http_1_0 ? keys_.http_1_0
                                                                    : keys_.http_2;
  const Ref raw_path = root_path_.empty() ? bytes(request.raw_path)
                                          : bytes(below_root(root_path_, request.raw_path));
  const bool is_done =
      put(keys_.type, keys_.http) && put(keys_.asgi, asgi_dict()) &&
      put(keys_.http_version, version) &&
      put(keys_.server, endpoint_tuple(request.server, last_server_, true)) &&
      put(keys_.client, endpoint_tuple(request.peer, last_client_, false)) &&
      put(keys_.scheme, request.scheme == "http" ? scheme_ : utf8(request.scheme)) &&
      put(keys_.method, cached_method(request.method)) && put(keys_.root_path, root_path_text_) &&
      put(keys_.path, path_text(request.raw_path)) && put(keys_.raw_path, raw_path) &&
      put(keys_.query_string, request.query.empty() ? keys_.empty_bytes : bytes(request.query)) &&
      put(keys_.headers, header_list(request)) &&
      put(keys_.extensions, steal(PyDict_Copy(extensions_.get()))) &&
      put(keys_.state, steal(PyDict_Copy(state_.get())));
  return is_done ? std::move(scope) : Ref{};
}

Ref ScopeMaker::asgi_dict() const {
  Ref dict = steal(PyDict_New());  // fresh: applications write into it
  if (!dict || PyDict_SetItem(dict.get(), keys_.version.get(), version_.get()) != 0 ||
      PyDict_SetItem(dict.get(), keys_.spec_version.get(), spec_version_.get()) != 0)
    return {};
  return dict;
}

Ref ScopeMaker::path_text(std::string_view raw_path) const {
  if (!root_path_.empty()) return utf8(percent_decoded(below_root(root_path_, raw_path)));
  const bool is_escaped = raw_path.find('%') != std::string_view::npos;
  return is_escaped ? utf8(percent_decoded(raw_path)) : utf8(raw_path);
}

Ref ScopeMaker::cached_name(std::string_view name) {
  if (const auto found = names_.find(name); found != names_.end()) return found->second;
  Ref made = bytes(name);
  if (made && names_.size() < most_cached) names_.emplace(name, made);
  return made;
}

Ref ScopeMaker::cached_method(std::string_view method) {
  if (const auto found = methods_.find(method); found != methods_.end()) return found->second;
  std::string upper{method};
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  Ref made = utf8(upper);
  if (made && methods_.size() < most_cached) methods_.emplace(method, made);
  return made;
}

Ref ScopeMaker::header_list(const http::Request& request) {
  Ref list = steal(PyList_New(static_cast<Py_ssize_t>(request.fields.size())));
  if (!list) return {};
  Py_ssize_t index = 0;
  for (const http::Field& field : request.fields) {
    Ref pair = steal(PyTuple_New(2));
    Ref name = cached_name(field.name);
    Ref value = bytes(field.value);
    if (!pair || !name || !value) return {};
    PyTuple_SET_ITEM(pair.get(), 0, name.release());
    PyTuple_SET_ITEM(pair.get(), 1, value.release());
    PyList_SET_ITEM(list.get(), index++, pair.release());
  }
  return list;
}

Ref ScopeMaker::endpoint_tuple(const http::Endpoint* endpoint, Peer& last, bool is_server) const {
  if (endpoint == nullptr || (endpoint->is_unix && !is_server)) return borrow(Py_None);
  if (last.tuple && is_same(*endpoint, last.endpoint)) return last.tuple;
  const Ref host = utf8(endpoint->host);
  const Ref port = endpoint->is_unix ? borrow(Py_None) : steal(PyLong_FromLong(endpoint->port));
  if (!host || !port) return {};
  last.endpoint = *endpoint;
  last.tuple = steal(PyTuple_Pack(2, host.get(), port.get()));
  return last.tuple;
}

}  // namespace asgi_worker::asgi
