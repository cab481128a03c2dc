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
  source->fd_.reset(
      ::open(PyBytes_AS_STRING(name.get()), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!source->fd_ || !source->measure(0)) {
    if (PyErr_Occurred() == nullptr) PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
    return nullptr;
  }
  return source;
}

std::unique_ptr<FileSource> FileSource::of(PyObject* file, PyObject* offset, PyObject* count) {
  std::unique_ptr<FileSource> source{new FileSource};
  const int fd = PyObject_AsFileDescriptor(file);
  if (fd < 0) return nullptr;
  source->fd_.reset(::fcntl(fd, F_DUPFD_CLOEXEC, 0));  // shares the file's position
  source->moves_position_ = offset == nullptr || offset == Py_None;
  const auto position = source->moves_position_ ? ::lseek(source->fd_.get(), 0, SEEK_CUR) : 0;
  if (!source->fd_ || position < 0) {
    PyErr_SetFromErrno(PyExc_OSError);
    return nullptr;
  }
  const auto from = number(offset, static_cast<std::uint64_t>(position));
  if (!from || !source->measure(*from)) return nullptr;
  const auto most = number(count, source->size_);
  if (!most) return nullptr;
  source->size_ = std::min(source->size_, *most);
  return source;
}

bool FileSource::measure(std::uint64_t from) {
  struct stat found {};
  if (::fstat(fd_.get(), &found) != 0) {
    PyErr_SetFromErrno(PyExc_OSError);
    return false;
  }
  if (!S_ISREG(found.st_mode)) {
    PyErr_SetString(PyExc_ValueError, "only a regular file can be sent");
    return false;
  }
  const auto size = static_cast<std::uint64_t>(found.st_size);
  at_ = from;
  size_ = size > from ? size - from : 0;
  return true;
}

bool FileSource::read(std::span<char> space) const {
  for (std::size_t done = 0; done < size_;) {
    const ssize_t got =
        ::pread(fd_.get(), space.data() + done, static_cast<std::size_t>(size_) - done,
                static_cast<off_t>(at_ + done));
    if (got < 0) PyErr_SetFromErrno(PyExc_OSError);
    if (got == 0) refuse_as_cut_short();
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

bool FileSource::is_cut_short() const {
  struct stat found {};
  return ::fstat(fd_.get(), &found) == 0 && static_cast<std::uint64_t>(found.st_size) < at_ + size_;
}

void FileSource::pass() const {
  // Fails for nothing that lseek() has not refused before.
  if (moves_position_)
    static_cast<void>(::lseek(fd_.get(), static_cast<off_t>(at_ + size_), SEEK_SET));
}

void refuse_as_cut_short() {
  PyErr_SetString(PyExc_RuntimeError, "The file has become shorter while it was sent.");
}

}  // namespace asgi_worker::asgi
