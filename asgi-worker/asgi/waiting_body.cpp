#include "asgi-worker/asgi/waiting_body.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "asgi-worker/python/compat.hpp"

namespace asgi_worker::asgi {
namespace {

using python::Ref;
using python::steal;

constexpr std::size_t worth_noting = 16 * 1024;  // smaller ones cost no pages

std::size_t size_of(const Ref& bytes) {
  return static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.get()));
}

/// Of bytes that nobody else has seen; null with a Python error set.
Ref resized(Ref bytes, std::size_t size) {
  if (size_of(bytes) == size) return bytes;
  PyObject* object = bytes.release();
  static_cast<void>(_PyBytes_Resize(&object, static_cast<Py_ssize_t>(size)));  // null if it fails
  return steal(object);
}

}  // namespace

void LastBody::note(const Ref& object) {
  if (size_of(object) >= worth_noting) object_ = object;
}

Ref LastBody::make(std::size_t size) {
  Ref last = std::exchange(object_, {});
  if (!last || !python::is_only_reference(last.get()))
    return steal(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(size)));
  python::forget_hash(last.get());
  return resized(std::move(last), size);
}

std::size_t WaitingBody::space() const { return first_ ? size_of(first_) - first_size_ : 0; }

void WaitingBody::append(std::string_view bytes) {
  if (!first_) {
    first_ = steal(PyBytes_FromStringAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size())));
    if (first_) {
      first_size_ = bytes.size();
      return;
    }
    PyErr_Clear();  // no memory: receive() will say so
  }
  const std::string_view fitting = bytes.substr(0, space());
  if (!fitting.empty()) {
    std::memcpy(PyBytes_AS_STRING(first_.get()) + first_size_, fitting.data(), fitting.size());
    first_size_ += fitting.size();
  }
  rest_.append(bytes.substr(fitting.size()));
}

std::span<char> WaitingBody::room(std::uint64_t wanted) {
  if (!rest_.empty() || first_size_ >= most_in_room) return {};
  const auto more =
      static_cast<std::size_t>(std::min<std::uint64_t>(wanted, most_in_room - first_size_));
  if (space() < more) {
    Ref larger = last_.make(first_size_ + more);
    if (!larger) {
      PyErr_Clear();
      return {};
    }
    if (first_size_ != 0)
      std::memcpy(PyBytes_AS_STRING(larger.get()), PyBytes_AS_STRING(first_.get()), first_size_);
    first_ = std::move(larger);
  }
  return {PyBytes_AS_STRING(first_.get()) + first_size_, more};
}

Ref WaitingBody::take() {
  Ref whole;
  if (rest_.empty()) {
    whole = resized(std::move(first_), first_size_);
  } else {
    whole = steal(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(size())));
    if (!whole) return {};  // all is kept
    char* const at = PyBytes_AS_STRING(whole.get());
    if (first_size_ != 0) std::memcpy(at, PyBytes_AS_STRING(first_.get()), first_size_);
    std::memcpy(at + first_size_, rest_.data(), rest_.size());
  }
  clear();
  if (whole) last_.note(whole);
  return whole;
}

void WaitingBody::clear() {
  first_.reset();
  first_size_ = 0;
  rest_.clear();
}

}  // namespace asgi_worker::asgi
