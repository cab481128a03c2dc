#include "asgi-worker/asgi/scope.hpp"

#include <algorithm>
#include <utility>

#include "asgi-worker/asgi/path.hpp"
#include "asgi-worker/python/compat.hpp"

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

PyObject** items_of(PyObject* list) { return reinterpret_cast<PyListObject*>(list)->ob_item; }

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

bool ScopeMaker::put(const Ref& key, const Ref& value) {
  if (!value || PyDict_SetItem(template_.get(), key.get(), value.get()) != 0) return false;
  if (!spare_.scope) return true;
  const bool is_put = PyDict_SetItem(spare_.scope.get(), key.get(), value.get()) == 0;
  spare_.version = std::max(spare_.version, python::dict_version(spare_.scope.get()));
  return is_put;
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

/// All that the template has.
bool ScopeMaker::set_line(const http::Request& request) {
  if (!set_root(request.prefix) || !set_target(request) || !set_method(request.method))
    return false;
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
  const Ref server =
      request.server != nullptr ? tuple_of(*request.server, last_server_) : borrow(Py_None);
  if (server.get() == server_.get()) return true;
  server_ = server;
  return put(keys_.server, server);
}

/// Mostly another one than the last request's.
bool ScopeMaker::set_client(PyObject* scope, const http::Request& request) {
  const bool has_client = request.peer != nullptr && !request.peer->is_unix;
  const Ref client = !has_client                ? borrow(Py_None)
                     : request.proxy == nullptr ? peer_tuple(*request.peer)
                                                : tuple_of(*request.peer, last_client_);
  return client && PyDict_SetItem(scope, keys_.client.get(), client.get()) == 0;
}

Given ScopeMaker::copy_of_template() const {
  Given given;
  given.scope = steal(PyDict_Copy(template_.get()));
  const Ref asgi = steal(PyDict_Copy(asgi_.get()));  // fresh: applications write into it
  const Ref state = steal(PyDict_Copy(state_.get()));
  const Ref extensions = steal(PyDict_Copy(extensions_.get()));
  if (!given.scope || !asgi || !state || !extensions) return {};
  PyObject* const scope = given.scope.get();
  if (PyDict_SetItem(scope, keys_.extensions.get(), extensions.get()) != 0 ||
      PyDict_SetItem(scope, keys_.asgi.get(), asgi.get()) != 0 ||
      PyDict_SetItem(scope, keys_.state.get(), state.get()) != 0)
    return {};
  given.state_version = python::dict_version(state_.get());
  given.asgi = asgi.get();
  given.state = state.get();
  given.extensions = extensions.get();
  return given;
}

bool ScopeMaker::set_headers(Given& given, const http::Request& request) {
  const bool is_same = given.headers != nullptr && request.section != 0 &&
                       request.section == given.section && request.authority.empty();
  if (is_same) return true;
  const Ref headers = header_list(request);
  if (!headers || PyDict_SetItem(given.scope.get(), keys_.headers.get(), headers.get()) != 0)
    return false;
  given.headers = headers.get();
  given.section = request.authority.empty() ? request.section : 0;
  return true;
}

Given ScopeMaker::make(const http::Request& request) {
  if (!template_ && !fill_template()) {
    template_.reset();
    return {};
  }
  if (!set_line(request)) return {};
  const bool has_proxy = request.proxy != nullptr;
  // The lifespan's state may have been changed since.
  if (spare_.has_proxy != has_proxy || spare_.state_version != python::dict_version(state_.get()))
    spare_ = {};
  Given given = spare_.scope ? std::exchange(spare_, {}) : copy_of_template();
  if (!given.scope || !set_client(given.scope.get(), request) || !set_headers(given, request) ||
      (has_proxy && !set_proxy(*request.proxy, given.extensions)))
    return {};
  given.has_proxy = has_proxy;
  for (PyObject* const dict : {given.scope.get(), given.asgi, given.state, given.extensions})
    given.version = std::max(given.version, python::dict_version(dict));
  return given;
}

PyObject* ScopeMaker::known_headers(std::uint64_t section) const {
  const KnownHeaders& known = known_headers_[section % known_headers_.size()];
  return section != 0 && known.section == section ? known.list.get() : nullptr;
}

/// Whether an application that had it has left no trace in it, and has kept no part of it.
bool ScopeMaker::is_as_given(const Given& given) const {
  if (!python::has_dict_versions || !python::is_only_reference(given.scope.get()) ||
      python::dict_version(given.scope.get()) > given.version ||
      python::dict_version(template_.get()) > given.version)
    return false;
  for (PyObject* const dict : {given.asgi, given.state, given.extensions})
    if (!python::is_only_reference(dict) || python::dict_version(dict) > given.version)
      return false;
  return true;
}

void ScopeMaker::take_back(Given given) {
  if (spare_.scope || !given.scope || !is_as_given(given)) return;
  PyObject* const known = known_headers(given.section);
  const bool has_same_headers =
      known != nullptr && python::is_only_reference(given.headers) &&
      PyList_GET_SIZE(given.headers) == PyList_GET_SIZE(known) &&
      std::equal(items_of(known), items_of(known) + PyList_GET_SIZE(known),
                 items_of(given.headers));
  if (!has_same_headers) given.headers = nullptr;  // made anew
  spare_ = std::move(given);
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
  if (request.section == 0 || !request.authority.empty()) return make_header_list(request);
  if (PyObject* const known = known_headers(request.section))
    return steal(PyList_GetSlice(known, 0, PyList_GET_SIZE(known)));
  Ref list = make_header_list(request);
  if (!list) return {};
  KnownHeaders& known = known_headers_[request.section % known_headers_.size()];
  known = {request.section, steal(PyList_GetSlice(list.get(), 0, PyList_GET_SIZE(list.get())))};
  if (known.list) return list;
  known.section = 0;
  return {};
}

Ref ScopeMaker::make_header_list(const http::Request& request) {
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
  return address && PyDict_SetItem(extensions, keys_.peer.get(), address.get()) == 0;
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

/// A connection's peer asks again and again.
Ref ScopeMaker::peer_tuple(const http::Endpoint& peer) {
  if (peer.made) return borrow(static_cast<PyObject*>(peer.made.get()));
  Ref tuple = tuple_of(peer, last_client_);
  if (tuple)
    peer.made = {Py_NewRef(tuple.get()),
                 [](void* made) { Py_DECREF(static_cast<PyObject*>(made)); }};
  return tuple;
}

Ref ScopeMaker::tuple_of(const http::Endpoint& endpoint, End& last) const {
  if (last.tuple && is_same(endpoint, last.endpoint)) return last.tuple;
  const bool is_host_same = last.tuple && endpoint.host == last.endpoint.host;
  const Ref host =
      is_host_same ? borrow(PyTuple_GET_ITEM(last.tuple.get(), 0)) : utf8(endpoint.host);
  const Ref port = endpoint.is_unix ? borrow(Py_None) : steal(PyLong_FromLong(endpoint.port));
  if (!host || !port) return {};
  last.endpoint = endpoint;
  last.tuple = steal(PyTuple_Pack(2, host.get(), port.get()));
  return last.tuple;
}

}  // namespace asgi_worker::asgi
