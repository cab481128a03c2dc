// Standard input, a line at a time, as the shell without a terminal, `fg` and questions read it:
// all share one buffer, so that none takes what is another's. One thread at a time.
#pragma once

#include <functional>
#include <string>

namespace supervisorctl {

class LineInput {
 public:
  enum class Got { line, end, woken };

  explicit LineInput(int fd) : fd_{fd} {}

  /// The next line without its end; the last one may have none. `wake_fd` becoming readable ends
  /// the wait.
  Got read(std::string& line, int wake_fd = -1);
  /// The same without an echo on the terminal, which is off before `prompt` asks.
  Got read_hidden(std::string& line, const std::function<void()>& prompt);
  bool is_terminal() const;

 private:
  int fd_;
  std::string buffer_;
};

}  // namespace supervisorctl
