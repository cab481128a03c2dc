// What of a regular file is to be sent, as http.response.pathsend and zerocopysend name it. Has a
// descriptor of its own, since the application may close its file while the rest is on its way. One
// thread, GIL held.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "asgi-worker/python/ref.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::asgi {

class FileSource {
 public:
  /// The whole file at `path`. Null with OSError or TypeError set.
  static std::unique_ptr<FileSource> open(PyObject* path);
  /// `count` bytes of a file object with fileno(), from `offset`. Null or None: to the file's end,
  /// and from the file's position, which moves on. Null with a Python error set.
  static std::unique_ptr<FileSource> of(PyObject* file, PyObject* offset, PyObject* count);

  int fd() const { return fd_.get(); }
  std::uint64_t offset() const { return at_; }
  std::uint64_t size() const { return size_; }
  /// All of it, where size() allows that: false with a Python error set, also when the file has
  /// become shorter.
  bool read(std::span<char> space) const;
  /// Whether the file has become shorter than what was to be sent.
  bool is_cut_short() const;
  /// It has been sent: a file's own position, where that counts, moves behind it.
  void pass() const;

 private:
  FileSource() = default;
  bool measure(std::uint64_t from);

  common::UniqueFd fd_;
  bool moves_position_ = false;
  std::uint64_t at_ = 0;
  std::uint64_t size_ = 0;
};

/// Sets the Python error of a file that is_cut_short().
void refuse_as_cut_short();

}  // namespace asgi_worker::asgi
