// The messages of ASGI's HTTP extensions: trailers, early hints, files.
#include <array>

#include "asgi-worker/asgi/application.hpp"

namespace asgi_worker::asgi {
namespace {

constexpr std::size_t piece = 64 * 1024;
constexpr int most_pieces = 16;  // in one turn of the loop, however fast the client reads

/// Fields on which framing and routing rest (RFC 9110 6.5.1): never after the body.
bool may_trail(std::string_view name) {
  return name != "content-length" && name != "transfer-encoding" && name != "trailer" &&
         name != "host" && name != "connection" && name != "set-cookie";
}

/// bool(message[key]), 0 when it is not there; -1 with a Python error set.
int flag(PyObject* message, const python::Ref& key) {
  PyObject* const value = value_of(message, key);
  if (value == nullptr) return PyErr_Occurred() != nullptr ? -1 : 0;
  return PyObject_IsTrue(value);
}

}  // namespace

int Cycle::send_early_hint(PyObject* message) {
  Head& head = application_.head();
  if (head.read_links(message, application_.keys()) != 0) return -1;
  if (!head.fields().empty()) exchange_->inform(103, head.fields());
  return 0;
}

int Cycle::send_trailers(PyObject* message) {
  const Keys& keys = application_.keys();
  Head& head = application_.head();
  const int has_more = flag(message, keys.more_trailers);
  if (has_more < 0 || head.read_fields(message, keys) != 0) return -1;
  for (const http::Field& field : head.fields())
    if (takes_trailers_ && may_trail(field.name)) trailers_.emplace_back(field.name, field.value);
  if (has_more != 0) return 0;
  std::vector<http::Field> fields;
  for (const auto& [name, value] : trailers_) fields.push_back({name, value});
  stage_ = Stage::complete;
  exchange_->finish(fields);  // calls on_complete()
  return 0;
}

int Cycle::send_path(PyObject* message) {
  PyObject* const path = value_of(message, application_.keys().path);
  if (path == nullptr) {
    if (PyErr_Occurred() == nullptr) PyErr_SetString(PyExc_KeyError, "path");
    return -1;
  }
  return begin_file(FileSource::open(path), FileEnds::body);
}

int Cycle::send_file(PyObject* message) {
  const Keys& keys = application_.keys();
  PyObject* const file = value_of(message, keys.file);
  if (file == nullptr) {
    if (PyErr_Occurred() == nullptr) PyErr_SetString(PyExc_KeyError, "file");
    return -1;
  }
  const int has_more = flag(message, keys.more_body);
  if (has_more < 0) return -1;
  return begin_file(
      FileSource::of(file, value_of(message, keys.offset), value_of(message, keys.count)),
      has_more != 0 ? FileEnds::itself : FileEnds::body);
}

int Cycle::begin_file(std::unique_ptr<FileSource> file, FileEnds ends) {
  if (!file) return -1;
  if (check_length(file->left(), ends == FileEnds::itself) != 0) return -1;
  file_ = std::move(file);
  file_ends_ = ends;
  return 0;
}

Outcome Cycle::go_on_with_file() {
  std::array<char, piece> space;
  for (int pieces = 0; !to_head_ && file_->left() > 0; ++pieces) {
    if (exchange_ == nullptr) {
      file_.reset();
      return refuse_as_gone();
    }
    if (is_full_) return Outcome::wait;
    if (pieces == most_pieces) return Outcome::yield;
    const auto got = file_->read(space);
    if (got < 0) {
      file_.reset();
      return Outcome::error;
    }
    if (exchange_->write({space.data(), static_cast<std::size_t>(got)}) == http::Accepted::full)
      is_full_ = true;
  }
  file_.reset();
  if (exchange_ != nullptr && file_ends_ == FileEnds::body) end_body();
  return is_writable() ? Outcome::done : Outcome::wait;
}

}  // namespace asgi_worker::asgi
