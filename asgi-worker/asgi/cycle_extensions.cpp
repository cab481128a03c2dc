// The messages of ASGI's HTTP extensions: trailers, early hints, files.
#include <array>
#include <utility>

#include "asgi-worker/asgi/application.hpp"

namespace asgi_worker::asgi {
namespace {

/// Up to here a copy that leaves together with the head is cheaper than a send of the file's own.
constexpr std::size_t worth_copying = 32 * 1024;

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
  if (check_length(file->size(), ends == FileEnds::itself) != 0) return -1;
  const bool is_small = to_head_ || file->size() <= worth_copying;
  if (is_small && !to_head_ && !copy(*file)) return -1;
  file_ = std::move(file);
  file_ends_ = ends;
  if (is_small) {
    end_file();
  } else {
    exchange_->write_file(file_->fd(), file_->offset(), file_->size());
    is_full_ = true;  // until all of it is on its way
  }
  return 0;
}

bool Cycle::copy(const FileSource& file) {
  std::array<char, worth_copying> space;
  const auto size = static_cast<std::size_t>(file.size());
  if (!file.read(space)) return false;
  if (size != 0 && exchange_->write({space.data(), size}) == http::Accepted::full) is_full_ = true;
  return true;
}

void Cycle::end_file() {
  std::exchange(file_, nullptr)->pass();
  if (file_ends_ == FileEnds::body) end_body();
}

/// The server sends a file, or has given the connection up meanwhile.
Outcome Cycle::wait_for_file() {
  if (exchange_ != nullptr) return Outcome::wait;
  const auto file = std::move(file_);
  if (!file->is_cut_short()) return refuse_as_gone();
  refuse_as_cut_short();
  return Outcome::error;
}

}  // namespace asgi_worker::asgi
