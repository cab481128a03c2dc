// A regular file's bytes in order, as http.response.pathsend and zerocopysend name them. Read in
// pieces and copied: the answer's framing and its flow control stay where they are. One thread, GIL
// held.
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

  std::uint64_t left() const { return left_; }
  /// The next bytes, at least one; -1 with a Python error set, also when the file has become
  /// shorter.
  std::ptrdiff_t read(std::span<char> space);

 private:
  FileSource() = default;
  bool measure(std::uint64_t from);

  common::UniqueFd owned_;
  python::Ref file_;  // whose descriptor it is, otherwise
  int fd_ = -1;
  bool moves_position_ = false;
  std::uint64_t at_ = 0;
  std::uint64_t left_ = 0;
};

}  // namespace asgi_worker::asgi
