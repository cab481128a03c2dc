#include "asgi-worker/asgi/message.hpp"

#include <algorithm>
#include <utility>

#include "asgi-worker/http/fields.hpp"

namespace asgi_worker::asgi {
namespace {

using python::Ref;
using python::steal;

int fail(const char* text) {
  PyErr_SetString(PyExc_RuntimeError, text);
  return -1;
}

std::string_view text_of(PyObject* bytes) {
  return {PyBytes_AS_STRING(bytes), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes))};
}

}  // namespace

bool is_text(PyObject* text, std::string_view wanted) {
  if (!PyUnicode_IS_COMPACT_ASCII(text))  // of a subclass, say
    return PyUnicode_CompareWithASCIIString(text, wanted.data()) == 0;
  const auto size = static_cast<std::size_t>(PyUnicode_GET_LENGTH(text));
  return std::string_view{static_cast<const char*>(PyUnicode_DATA(text)), size} == wanted;
}

PyObject* value_of(PyObject* message, const Ref& key) {
  return PyDict_GetItemWithError(message, key.get());
}

int BodyView::open(PyObject* object) {
  if (PyBytes_Check(object)) {
    bytes_ = {PyBytes_AS_STRING(object), static_cast<std::size_t>(PyBytes_GET_SIZE(object))};
    return 0;
  }
  if (PyObject_GetBuffer(object, &buffer_, PyBUF_SIMPLE) != 0) return -1;
  bytes_ = {static_cast<const char*>(buffer_.buf), static_cast<std::size_t>(buffer_.len)};
  return 0;
}

int Message::read(PyObject* dict, const Keys& keys) {
  Py_ssize_t at = 0;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  while (PyDict_Next(dict, &at, &key, &value)) {
    if (key == keys.type.get())
      type = value;
    else if (key == keys.body.get())
      body = value;
    else if (key == keys.more_body.get())
      more_body = value;
    else if (key == keys.status.get())
      status = value;
    else if (key == keys.headers.get())
      headers = value;
    else if (key == keys.trailers.get())
      trailers = value;
    else
      return look_up(dict, keys);  // a key may be equal, and another object
  }
  return 0;
}

int Message::look_up(PyObject* dict, const Keys& keys) {
  const std::pair<const Ref&, PyObject*&> places[] = {
      {keys.type, type},     {keys.body, body},       {keys.more_body, more_body},
      {keys.status, status}, {keys.headers, headers}, {keys.trailers, trailers}};
  for (const auto& [key, place] : places) {
    place = value_of(dict, key);
    if (place == nullptr && PyErr_Occurred() != nullptr) return -1;
  }
  return 0;
}

int Head::read(const Message& message) {
  return read_status(message.status) != 0 ? -1 : read_headers(message.headers);
}

void Head::begin() {
  text_.swap(last_text_);
  spans_.swap(last_spans_);
  text_.clear();
  spans_.clear();
  fields_.clear();
}

int Head::read_fields(PyObject* message, const Keys& keys) {
  PyObject* const headers = value_of(message, keys.headers);
  if (headers == nullptr && PyErr_Occurred() != nullptr) return -1;
  return read_headers(headers);
}

int Head::read_headers(PyObject* headers) {
  if (headers == nullptr || headers == Py_None) {
    begin();
    return 0;
  }
  const Ref items = steal(PySequence_Fast(headers, "headers must be an iterable of pairs"));
  if (!items) return -1;
  if (is_as_last(items.get())) return 0;
  begin();
  for (Py_ssize_t index = 0; index < PySequence_Fast_GET_SIZE(items.get()); ++index)
    if (add(PySequence_Fast_GET_ITEM(items.get(), index)) != 0) return -1;
  see_fields();
  return 0;
}

/// Whether all is what the last one said. Runs none of Python's code.
bool Head::is_as_last(PyObject* items) const {
  if (static_cast<std::size_t>(PySequence_Fast_GET_SIZE(items)) != fields_.size()) return false;
  for (std::size_t index = 0; index < fields_.size(); ++index) {
    PyObject* const pair = PySequence_Fast_GET_ITEM(items, static_cast<Py_ssize_t>(index));
    if (!PyTuple_CheckExact(pair) || PyTuple_GET_SIZE(pair) != 2) return false;
    PyObject* const name = PyTuple_GET_ITEM(pair, 0);
    PyObject* const value = PyTuple_GET_ITEM(pair, 1);
    if (!PyBytes_CheckExact(name) || !PyBytes_CheckExact(value) ||
        text_of(name) != fields_[index].name || text_of(value) != fields_[index].value)
      return false;
  }
  return true;
}

int Head::read_links(PyObject* message, const Keys& keys) {
  begin();
  PyObject* const links = value_of(message, keys.links);
  if (links == nullptr) {
    if (PyErr_Occurred() == nullptr) PyErr_SetString(PyExc_KeyError, "links");
    return -1;
  }
  const Ref items = steal(PySequence_Fast(links, "links must be an iterable of bytes"));
  if (!items) return -1;
  for (Py_ssize_t index = 0; index < PySequence_Fast_GET_SIZE(items.get()); ++index) {
    const Ref pair =
        steal(PyTuple_Pack(2, keys.link.get(), PySequence_Fast_GET_ITEM(items.get(), index)));
    if (!pair || add(pair.get()) != 0) return -1;
  }
  see_fields();
  return 0;
}

void Head::see_fields() {
  const std::string_view all = text_;  // it has stopped moving
  for (const Span& span : spans_)
    fields_.push_back(
        {all.substr(span.name, span.name_size), all.substr(span.value, span.value_size)});
}

int Head::read_status(PyObject* object) {
  if (object == nullptr) return fail("ASGI message 'http.response.start' has no status.");
  const long status = PyLong_AsLong(object);  // IntEnum and the like are ints too
  if (status == -1 && PyErr_Occurred() != nullptr) return -1;
  if (status < 200 || status > 599) {
    PyErr_Format(PyExc_RuntimeError, "Invalid HTTP status code: %ld.", status);
    return -1;
  }
  status_ = static_cast<int>(status);
  return 0;
}

int Head::append(PyObject* object) {
  if (PyUnicode_Check(object)) {
    const Ref latin = steal(PyUnicode_AsLatin1String(object));
    if (!latin) return -1;
    text_.append(PyBytes_AS_STRING(latin.get()),
                 static_cast<std::size_t>(PyBytes_GET_SIZE(latin.get())));
    return 0;
  }
  BodyView view;
  if (view.open(object) != 0) return -1;
  text_.append(view.bytes());
  return 0;
}

/// The last one's pair at this place, if these say the same: it has been checked.
bool Head::add_as_last(PyObject* name, PyObject* value) {
  if (spans_.size() >= last_spans_.size() || !PyBytes_CheckExact(name) ||
      !PyBytes_CheckExact(value))
    return false;
  Span span = last_spans_[spans_.size()];
  const std::string_view last = last_text_;
  const std::string_view last_name = last.substr(span.name, span.name_size);
  const std::string_view last_value = last.substr(span.value, span.value_size);
  if (text_of(name) != last_name || text_of(value) != last_value) return false;
  span.name = text_.size();
  text_.append(last_name);
  span.value = text_.size();
  text_.append(last_value);
  spans_.push_back(span);
  return true;
}

int Head::add(PyObject* pair) {
  const Ref items = steal(PySequence_Fast(pair, "a header must be a pair of name and value"));
  if (!items) return -1;
  if (PySequence_Fast_GET_SIZE(items.get()) != 2) {
    PyErr_SetString(PyExc_ValueError, "a header must be a pair of name and value");
    return -1;
  }
  if (add_as_last(PySequence_Fast_GET_ITEM(items.get(), 0),
                  PySequence_Fast_GET_ITEM(items.get(), 1)))
    return 0;
  const auto name_at = text_.size();
  if (append(PySequence_Fast_GET_ITEM(items.get(), 0)) != 0) return -1;
  const auto value_at = text_.size();
  if (append(PySequence_Fast_GET_ITEM(items.get(), 1)) != 0) return -1;

  const auto name_size = value_at - name_at;
  if (name_size == 0) return fail("Invalid HTTP header name.");
  for (std::size_t index = name_at; index < value_at; ++index) {
    const auto lower = http::token_lower[static_cast<unsigned char>(text_[index])];
    if (lower == 0) return fail("Invalid HTTP header name.");
    text_[index] = static_cast<char>(lower);
  }
  const std::string_view name{text_.data() + name_at, name_size};
  const auto value = http::trim_blanks(std::string_view{text_}.substr(value_at));
  if (std::ranges::any_of(value, http::is_bad_value_byte))
    return fail("Invalid HTTP header value.");
  if (name == "content-length" && !http::parse_length(value))
    return fail("Invalid HTTP header value.");
  const auto trimmed_at = static_cast<std::size_t>(value.data() - text_.data());
  spans_.push_back({name_at, name_size, value.empty() ? value_at : trimmed_at, value.size()});
  return 0;
}

}  // namespace asgi_worker::asgi
