// Files in answers: what of them goes from the page cache to the socket.
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <utility>

#include "asgi-worker/server/connection.hpp"

namespace asgi_worker::server {
namespace {

constexpr std::uint64_t most_a_turn = 512 * 1024;  // of one file, so that others have their turn

}  // namespace

void Connection::write_file(int file, std::uint64_t offset, std::uint64_t size) {
  assert(state_ == State::exchange && cycle_.started() && slice_.left == 0);
  held_ = 0;
  size = cycle_.count_written(size);
  answer_bytes_ += size;
  const bool is_chunk = cycle_.framing().body == http1::AnswerFraming::Body::chunked && size > 0;
  if (is_chunk) {
    std::array<char, 18> head{};
    char* const end = std::to_chars(head.data(), head.data() + 16, size, 16).ptr;
    out_.append({head.data(), static_cast<std::size_t>(end - head.data())});
    out_.append("\r\n");
  }
  slice_ = {.file = file, .offset = offset, .left = size, .ends_chunk = is_chunk};
  is_full_ = true;
  turn_.mark_dirty(*this);
}

/// One send of what stands before the file, one of the file. False: the connection is broken.
bool Connection::push_with_file() {
  if (is_broken_) return false;
  bool has_moved = false;
  if (!out_.empty()) {
    const ssize_t sent = ::send(fd_.get(), out_.data(), out_.size(), MSG_NOSIGNAL | MSG_MORE);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return break_off();
    if (sent > 0) out_.consume(static_cast<std::size_t>(sent));
    has_moved = sent > 0;
  }
  if (out_.empty()) {
    auto offset = static_cast<off_t>(slice_.offset);
    const auto size = static_cast<std::size_t>(std::min(slice_.left, most_a_turn));
    // SIGPIPE is ignored by every Python: sendfile has no flag for it.
    const ssize_t sent = ::sendfile(fd_.get(), slice_.file, &offset, size);
    if (sent == 0) return break_off();  // the file has become shorter than what was promised
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return break_off();
    if (sent > 0) {
      has_moved = true;
      slice_.offset += static_cast<std::uint64_t>(sent);
      slice_.left -= static_cast<std::uint64_t>(sent);
    }
  }
  if (slice_.left == 0 && std::exchange(slice_.ends_chunk, false)) out_.append("\r\n");
  is_stuck_ = slice_.left > 0 || !out_.empty();  // EPOLLOUT comes at once if there is room
  if (!is_stuck_)
    turn_.timeouts.disarm(writing_);
  else if (has_moved || !writing_.armed)
    turn_.timeouts.arm(writing_, Wait::write, turn_.now());
  return true;
}

bool Connection::break_off() {
  is_broken_ = true;
  turn_.mark_dirty(*this);
  return false;
}

}  // namespace asgi_worker::server
