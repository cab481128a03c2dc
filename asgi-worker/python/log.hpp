// The server's own lines, as uvicorn writes them ("INFO:     text") or as gunicorn does
// ("[time] [pid] [INFO] text"). One a process, made by whoever wires it and handed on; each line is
// one write(2), so that lines of several workers do not mix. With a sink the lines go there
// instead: to Python's logging, when a log configuration was given.
#pragma once

#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace asgi_worker::python {

enum class Level { trace = 5, debug = 10, info = 20, warning = 30, error = 40, critical = 50 };

/// "warn" and "warning" alike; info for anything unknown, since the option's table has checked it.
Level level_of(std::string_view name);
std::string_view name_of(Level level);

struct LogStyle {
  enum class Form { uvicorn, gunicorn } form = Form::uvicorn;
  bool has_colors = false;
};

/// What stands before a line's text. Pure: time and process are arguments.
std::string line_prefix(LogStyle style, Level level, std::time_t now, long process);

class Log {
 public:
  using Sink = std::function<void(Level level, std::string_view text)>;

  /// `fd` is borrowed: stderr, or a file that the owner reopens under the same number.
  Log(int fd, Level least, LogStyle style = {}) : fd_{fd}, least_{least}, style_{style} {}
  bool wants(Level level) const { return level >= least_; }
  void line(Level level, std::string_view text) const;
  void set_sink(Sink sink) { sink_ = std::move(sink); }
  /// Each line goes there as well.
  void set_copy(Sink copy) { copy_ = std::move(copy); }
  int fd() const { return fd_; }

  /// How many lines of warning, error and critical this process has written; for statsd and
  /// metrics.
  struct Counts {
    unsigned long warnings = 0;
    unsigned long errors = 0;
    unsigned long criticals = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  int fd_;
  Level least_;
  LogStyle style_;
  Sink sink_;
  Sink copy_;
  mutable Counts counts_;
};

/// All of it, whatever write(2) takes at a time; an error ends it, there is nobody to tell.
void write_all(int fd, std::string_view text);

}  // namespace asgi_worker::python
