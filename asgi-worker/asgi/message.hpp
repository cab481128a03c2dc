// A checked http.response.start: what the application's dict says, as the server takes it. The
// Python side of the checks; everything is checked before the answer counts as started, so that a
// bad message can still end as a 500.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "asgi-worker/asgi/keys.hpp"
#include "asgi-worker/http/request.hpp"

namespace asgi_worker::asgi {

/// Status and fields of an answer. Used again for the next one, so that its memory is kept.
class Head {
 public:
  /// Reads and checks a message; -1 with a Python error set.
  int read(PyObject* message, const Keys& keys);
  /// Of http.response.trailers: fields only.
  int read_fields(PyObject* message, const Keys& keys);
  /// Of http.response.early_hint: a link field for each.
  int read_links(PyObject* message, const Keys& keys);
  int status() const { return status_; }
  std::span<const http::Field> fields() const { return fields_; }

 private:
  struct Span {
    std::size_t name, name_size, value, value_size;
  };
  int read_status(PyObject* message, const Keys& keys);
  void clear();
  int add(PyObject* pair);
  void see_fields();
  int append(PyObject* text);

  int status_ = 0;
  std::string text_;  // all names and values, one after the other
  std::vector<Span> spans_;
  std::vector<http::Field> fields_;
};

/// Bytes of a message's body, as a view for as long as this lives.
class BodyView {
 public:
  BodyView() = default;
  BodyView(const BodyView&) = delete;
  BodyView& operator=(const BodyView&) = delete;
  ~BodyView() {
    if (buffer_.obj != nullptr) PyBuffer_Release(&buffer_);
  }
  /// Takes bytes, bytearray or memoryview; -1 with a Python error set.
  int open(PyObject* object);
  std::string_view bytes() const { return bytes_; }

 private:
  Py_buffer buffer_{};
  std::string_view bytes_;
};

/// A message's value by key, borrowed; null without an error when it is not there.
PyObject* value_of(PyObject* message, const python::Ref& key);

}  // namespace asgi_worker::asgi
