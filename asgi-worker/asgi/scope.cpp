#include "asgi-worker/asgi/scope.hpp"

#include <algorithm>

#include "asgi-worker/asgi/path.hpp"

namespace asgi_worker::asgi {
namespace {

using python::borrow;
using python::Ref;
using python::steal;

constexpr std::size_t most_cached = 512;  // a client must not be able to fill the memory with names
constexpr std::size_t most_pairs = 48;    // headers of the last request that are kept for the next,
constexpr std::size_t most_remembered = 512;  // none of them longer

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

std::string_view text_of(PyObject* bytes) {
  return {PyBytes_AS_STRING(bytes), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes))};
}

bool is_same(const http::Endpoint& a, const http::Endpoint& b) {
  return a.port == b.port && a.is_unix == b.is_unix && a.host == b.host;
}

}  // namespace

ScopeMaker::ScopeMaker(const Keys& keys, std::string asgi_version, std::string spec_version,
                       std::string root_path, Ref state)
    : keys_{keys},
      root_path_{std::move(root_path)},
      root_{root_path_},
      version_{utf8(asgi_version)},
      spec_version_{utf8(spec_version)},
      root_path_text_{utf8(root_path_)},
      scheme_{steal(PyUnicode_InternFromString("http"))},
      state_{std::move(state)},
      extensions_{offered_extensions()} {}

bool ScopeMaker::put(const Ref& key, const Ref& value) const {
  return value && PyDict_SetItem(template_.get(), key.get(), value.get()) == 0;
}

/// Every key once, so that a copy has room for what is set in it.
bool ScopeMaker::fill_template() {
  asgi_ = steal(PyDict_New());
  template_ = steal(PyDict_New());
  if (!asgi_ || !template_ ||
      PyDict_SetItem(asgi_.get(), keys_.version.get(), version_.get()) != 0 ||
      PyDict_SetItem(asgi_.get(), keys_.spec_version.get(), spec_version_.get()) != 0)
    return false;
  const Ref none = borrow(Py_None);
  return put(keys_.type, keys_.http) && put(keys_.asgi, none) &&
         put(keys_.http_version, keys_.http_1_1) && put(keys_.server, none) &&
         put(keys_.client, none) && put(keys_.scheme, scheme_) && put(keys_.method, none) &&
         put(keys_.root_path, root_path_text_) && put(keys_.path, none) &&
         put(keys_.raw_path, none) && put(keys_.query_string, keys_.empty_bytes) &&
         put(keys_.headers, none) && put(keys_.extensions, none) && put(keys_.state, none);
}

/// The proxy's path, and ours below it.
bool ScopeMaker::set_root(std::string_view prefix) {
  if (prefix == last_prefix_) return true;
  last_target_.clear();
  last_prefix_ = prefix;
  root_ = last_prefix_ + root_path_;
  return put(keys_.root_path, utf8(root_));
}

bool ScopeMaker::set_target(const http::Request& request) {
  const std::size_t path_size = request.raw_path.size();
  const std::string_view last = last_target_;
  const bool is_same = !last.empty() && last.size() == path_size + 1 + request.query.size() &&
                       last.substr(0, path_size) == request.raw_path &&
                       last.substr(path_size + 1) == request.query && last[path_size] == '?';
  if (is_same) return true;
  const Ref raw_path =
      root_.empty() ? bytes(request.raw_path) : bytes(below_root(root_, request.raw_path));
  last_target_.clear();  // until all of it is there
  if (!put(keys_.path, path_text(request.raw_path)) || !put(keys_.raw_path, raw_path) ||
      !put(keys_.query_string, request.query.empty() ? keys_.empty_bytes : bytes(request.query)))
    return false;
  if (path_size + request.query.size() <= most_remembered)
    last_target_.append(request.raw_path).append("?").append(request.query);
  return true;
}

bool ScopeMaker::set_method(std::string_view method) {
  if (method == last_method_) return true;
  last_method_.clear();
  if (!put(keys_.method, cached_method(method))) return false;
  last_method_ = method;
  return true;
}

bool ScopeMaker::set_ends(const http::Request& request) {
  if (request.version != last_version_) {
    const Ref& version = request.version == http::Version::http_1_1   ? keys_.http_1_1
                         : request.version == http::Version::http_1_0 ? keys_.http_1_0
                                                                      : keys_.http_2;
    if (!put(keys_.http_version, version)) return false;
    last_version_ = request.version;
  }
  if (request.scheme != last_scheme_) {
    last_scheme_.clear();
    if (!put(keys_.scheme, request.scheme == "http" ? scheme_ : utf8(request.scheme))) return false;
    last_scheme_ = request.scheme;
  }
  const bool has_client = request.peer != nullptr && !request.peer->is_unix;
  return put(keys_.server, request.server != nullptr ? tuple_of(*request.server, last_server_)
                                                     : borrow(Py_None)) &&
         put(keys_.client, has_client ? tuple_of(*request.peer, last_client_) : borrow(Py_None));
}

Ref ScopeMaker::make(const http::Request& request) {
  if (!template_ && !fill_template()) {
    template_.reset();
    return {};
  }
  if (!set_root(request.prefix) || !set_target(request) || !set_method(request.method) ||
      !set_ends(request))
    return {};
  Ref scope = steal(PyDict_Copy(template_.get()));
  const Ref asgi = steal(PyDict_Copy(asgi_.get()));  // fresh: applications write into it
  const Ref headers = header_list(request);
  const Ref state = steal(PyDict_Copy(state_.get()));
  const Ref extensions = steal(PyDict_Copy(extensions_.get()));
  const bool is_done = scope && asgi && headers && extensions && state &&
                       (request.proxy == nullptr || set_proxy(*request.proxy, extensions.get())) &&
                       PyDict_SetItem(scope.get(), keys_.extensions.get(), extensions.get()) == 0 &&
                       PyDict_SetItem(scope.get(), keys_.asgi.get(), asgi.get()) == 0 &&
                       PyDict_SetItem(scope.get(), keys_.headers.get(), headers.get()) == 0 &&
                       PyDict_SetItem(scope.get(), keys_.state.get(), state.get()) == 0;
  return is_done ? std::move(scope) : Ref{};
}

Ref ScopeMaker::path_text(std::string_view raw_path) const {
  if (!root_.empty()) return utf8(percent_decoded(below_root(root_, raw_path)));
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
  std::size_t index = 0;
  for (const http::Field& field : request.fields) {
    Ref pair = header_pair(field, index);
    if (!pair) return {};
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(index++), pair.release());
  }
  if (!request.authority.empty() && !replace_host(request, list.get())) return {};
  return list;
}

/// Frameworks take their own address from `host`.
bool ScopeMaker::replace_host(const http::Request& request, PyObject* headers) {
  for (std::size_t index = 0; index < request.fields.size(); ++index) {
    if (request.fields[index].name != "host") continue;
    const Ref name = cached_name("host");
    const Ref value = bytes(request.authority);
    PyObject* const pair = name && value ? PyTuple_Pack(2, name.get(), value.get()) : nullptr;
    if (pair == nullptr || PyList_SetItem(headers, static_cast<Py_ssize_t>(index), pair) != 0)
      return false;
  }
  return true;
}

/// Who was at the other end before the proxy's word was taken.
bool ScopeMaker::set_proxy(const http::Endpoint& proxy, PyObject* extensions) {
  const Ref address = tuple_of(proxy, last_proxy_);
  return address && PyDict_SetItemString(extensions, "asgi-worker.peer", address.get()) == 0;
}

/// The tuple that stood at this place in the last request when it says the same: clients mostly
/// send what they sent before.
Ref ScopeMaker::header_pair(const http::Field& field, std::size_t index) {
  const bool may_remember = index < most_pairs && field.value.size() <= most_remembered;
  if (index < last_pairs_.size() && may_remember) {
    PyObject* const last = last_pairs_[index].get();
    if (last != nullptr && text_of(PyTuple_GET_ITEM(last, 1)) == field.value &&
        text_of(PyTuple_GET_ITEM(last, 0)) == field.name)
      return last_pairs_[index];
  }
  Ref pair = steal(PyTuple_New(2));
  Ref name = cached_name(field.name);
  Ref value = bytes(field.value);
  if (!pair || !name || !value) return {};
  PyTuple_SET_ITEM(pair.get(), 0, name.release());
  PyTuple_SET_ITEM(pair.get(), 1, value.release());
  if (may_remember) {
    if (index >= last_pairs_.size()) last_pairs_.resize(index + 1);
    last_pairs_[index] = pair;
  }
  return pair;
}

Ref ScopeMaker::tuple_of(const http::Endpoint& endpoint, End& last) const {
  if (last.tuple && is_same(endpoint, last.endpoint)) return last.tuple;
  const Ref host = utf8(endpoint.host);
  const Ref port = endpoint.is_unix ? borrow(Py_None) : steal(PyLong_FromLong(endpoint.port));
  if (!host || !port) return {};
  last.endpoint = endpoint;
  last.tuple = steal(PyTuple_Pack(2, host.get(), port.get()));
  return last.tuple;
}

}  // namespace asgi_worker::asgi
