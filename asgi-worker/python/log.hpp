// The server's own lines, as uvicorn writes them: "INFO:     text". One a process, made by whoever
// wires it and handed on; each line is one write(2), so that lines of several workers do not mix.
#pragma once

#include <string_view>

namespace asgi_worker::python {

enum class Level { trace = 5, debug = 10, info = 20, warning = 30, error = 40, critical = 50 };

/// "warn" and "warning" alike; info for anything unknown, since the option's table has checked it.
Level level_of(std::string_view name);

class Log {
 public:
  /// `fd` is borrowed: stderr, or a file that the owner reopens under the same number.
  Log(int fd, Level least) : fd_{fd}, least_{least} {}
  bool wants(Level level) const { return level >= least_; }
  void line(Level level, std::string_view text) const;

 private:
  int fd_;
  Level least_;
};

/// All of it, whatever write(2) takes at a time; an error ends it, there is nobody to tell.
void write_all(int fd, std::string_view text);

}  // namespace asgi_worker::python
