// Where the access log's lines go: one write a turn. A file that cannot take them (a full disk)
// costs lines and one report, not requests; the next write that succeeds is reported too. Owned by
// the worker, one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

namespace asgi_worker::server {

class AccessSink {
 public:
  using Report = std::function<void(std::string_view line)>;
  /// `fd` is borrowed; its owner may reopen it under the same number.
  AccessSink(int fd, Report report) : fd_{fd}, report_{std::move(report)} {}

  /// Whole lines. Waits for a pipe or terminal whose reader is slow only if it is a blocking one.
  void write(std::string_view lines);

 private:
  void lose(std::string_view lines, int error);
  void note_success();

  int fd_;
  Report report_;
  bool is_failing_ = false;
  bool is_cut_ = false;  // what was written last does not end with a line's end
  std::uint64_t lost_ = 0;
};

}  // namespace asgi_worker::server
