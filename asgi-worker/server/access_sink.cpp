#include "asgi-worker/server/access_sink.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace asgi_worker::server {

void AccessSink::write(std::string_view lines) {
  if (is_cut_ && ::write(fd_, "\n", 1) == 1) is_cut_ = false;
  while (!lines.empty()) {
    const ssize_t size = ::write(fd_, lines.data(), lines.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return lose(lines, size < 0 ? errno : EIO);
    const auto taken = static_cast<std::size_t>(size);
    is_cut_ = lines[taken - 1] != '\n';
    lines.remove_prefix(taken);
  }
  if (is_failing_) note_success();
}

/// A line that was written in part counts as lost.
void AccessSink::lose(std::string_view lines, int error) {
  lost_ += static_cast<std::uint64_t>(std::ranges::count(lines, '\n'));
  if (std::exchange(is_failing_, true)) return;
  report_("cannot write access log: its lines are lost (" + std::string{::strerrorname_np(error)} +
          ", " + ::strerror(error) + ")");
}

void AccessSink::note_success() {
  report_("access log is written again: " + std::to_string(lost_) + " lines lost");
  is_failing_ = false;
  lost_ = 0;
}

}  // namespace asgi_worker::server
