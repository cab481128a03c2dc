#include "asgi-worker/asgi/file_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

namespace asgi_worker::asgi {
namespace {

using python::Ref;
using python::steal;

/// A number that is not negative; `fallback` for null and None; none with a Python error set.
std::optional<std::uint64_t> number(PyObject* object, std::uint64_t fallback) {
  if (object == nullptr || object == Py_None) return fallback;
  const auto value = PyLong_AsUnsignedLongLong(object);
  if (value == static_cast<unsigned long long>(-1) && PyErr_Occurred() != nullptr)
    return std::nullopt;
  return value;
}

}  // namespace

std::unique_ptr<FileSource> FileSource::open(PyObject* path) {
  PyObject* encoded = nullptr;
  if (PyUnicode_FSConverter(path, &encoded) == 0) return nullptr;
  const Ref name = steal(encoded);
  std::unique_ptr<FileSource> source{new FileSource};
  // Not to wait for the other end of a pipe that lies there.
  source->owned_.reset(
      ::open(PyBytes_AS_STRING(name.get()), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  source->fd_ = source->owned_.get();
  if (source->fd_ < 0 || !source->measure(0)) {
    if (PyErr_Occurred() == nullptr) PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
    return nullptr;
  }
  return source;
}

std::unique_ptr<FileSource> FileSource::of(PyObject* file, PyObject* offset, PyObject* count) {
  std::unique_ptr<FileSource> source{new FileSource};
  source->file_ = python::borrow(file);
  source->fd_ = PyObject_AsFileDescriptor(file);
  if (source->fd_ < 0) return nullptr;
  source->moves_position_ = offset == nullptr || offset == Py_None;
  std::uint64_t position = 0;
  if (source->moves_position_) {
    const auto now = ::lseek(source->fd_, 0, SEEK_CUR);
    if (now < 0) {
      PyErr_SetFromErrno(PyExc_OSError);
      return nullptr;
    }
    position = static_cast<std::uint64_t>(now);
  }
  const auto from = number(offset, position);
  if (!from || !source->measure(*from)) return nullptr;
  const auto most = number(count, source->left_);
  if (!most) return nullptr;
  source->left_ = std::min(source->left_, *most);
  return source;
}

bool FileSource::measure(std::uint64_t from) {
  struct stat found {};
  if (::fstat(fd_, &found) != 0) {
    PyErr_SetFromErrno(PyExc_OSError);
    return false;
  }
  if (!S_ISREG(found.st_mode)) {
    PyErr_SetString(PyExc_ValueError, "only a regular file can be sent");
    return false;
  }
  const auto size = static_cast<std::uint64_t>(found.st_size);
  at_ = from;
  left_ = size > from ? size - from : 0;
  return true;
}

std::ptrdiff_t FileSource::read(std::span<char> space) {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(space.size(), left_));
  const ssize_t got = ::pread(fd_, space.data(), wanted, static_cast<off_t>(at_));
  if (got <= 0) {
    if (got < 0)
      PyErr_SetFromErrno(PyExc_OSError);
    else
      PyErr_SetString(PyExc_RuntimeError, "The file has become shorter while it was sent.");
    return -1;
  }
  at_ += static_cast<std::uint64_t>(got);
  left_ -= static_cast<std::uint64_t>(got);
  if (moves_position_) static_cast<void>(::lseek(fd_, static_cast<off_t>(at_), SEEK_SET));
  return got;
}

}  // namespace asgi_worker::asgi
