// A checked http.response.start: what the application's dict says, as the server takes it. The
// Python side of the checks; everything is checked before the answer counts as started, so that a
// bad message can still end as a 500.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "asgi-worker/asgi/keys.hpp"
#include "asgi-worker/http/request.hpp"

namespace asgi_worker::asgi {

/// Compares `text` (a str) with `wanted`, byte for byte.
bool is_text(PyObject* text, std::string_view wanted);

/// A word that applications send again and again: mostly as the same object.
class KnownText {
 public:
  /// `text` is a literal.
  explicit KnownText(std::string_view text) : text_{text} {}
  bool is(PyObject* text) {
    if (text == last_.get()) return true;
    if (!is_text(text, text_)) return false;
    if (PyUnicode_CheckExact(text)) last_ = python::borrow(text);
    return true;
  }

 private:
  std::string_view text_;
  python::Ref last_;
};

/// What a message says under the keys that most messages have; borrowed from it. Null: not there.
struct Message {
  PyObject* type = nullptr;
  PyObject* status = nullptr;
  PyObject* headers = nullptr;
  PyObject* trailers = nullptr;
  PyObject* body = nullptr;
  PyObject* more_body = nullptr;

  /// -1 with a Python error set.
  int read(PyObject* dict, const Keys& keys);

 private:
  int look_up(PyObject* dict, const Keys& keys);
};

/// What the application's word for yes or no means; null means no. -1 with a Python error set.
inline int is_true(PyObject* word) {
  if (word == nullptr || word == Py_False) return 0;
  return word == Py_True ? 1 : PyObject_IsTrue(word);
}

/// Status and fields of an answer. Used again for the next one, so that its memory is kept; a pair
/// that says what the last answer's at its place did is not checked again.
class Head {
 public:
  /// Reads and checks an http.response.start; -1 with a Python error set.
  int read(const Message& message);
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
  int read_status(PyObject* status);
  int read_headers(PyObject* headers);
  void begin();
  int add(PyObject* pair);
  bool is_as_last(PyObject* items) const;
  bool add_as_last(PyObject* name, PyObject* value);
  void see_fields();
  int append(PyObject* text);

  int status_ = 0;
  std::string text_;  // all names and values, one after the other
  std::vector<Span> spans_;
  std::string last_text_;  // those of the last one
  std::vector<Span> last_spans_;
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
