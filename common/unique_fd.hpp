// A file descriptor with one owner: moves, never copies, closes in its destructor. Always made
// O_CLOEXEC.
#pragma once

#include <utility>

#include "common/error.hpp"

namespace common {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_{fd} {}
  UniqueFd(UniqueFd&& other) noexcept : fd_{other.release()} {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

struct SocketPair {
  UniqueFd first;
  UniqueFd second;
};

enum class Blocking { yes, no };

/// Errors: errno of pipe2.
Result<Pipe> make_pipe();
/// An AF_UNIX pair of `type` (SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM). Errors: errno of
/// socketpair.
Result<SocketPair> make_socket_pair(int type, Blocking blocking = Blocking::yes);
/// Another descriptor for the same open file description. Errors: errno of fcntl.
Result<UniqueFd> duplicate(int fd);
/// Errors: errno of fcntl.
Result<void> set_blocking(int fd, Blocking blocking);

}  // namespace common
