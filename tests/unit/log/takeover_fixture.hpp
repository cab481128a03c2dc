// A Logs that ends at a marked step, and what the next one finds.
#pragma once

#include <string>

#include "supervisord/log/rotation.hpp"
#include "tests/unit/log/logs_fixture.hpp"

namespace supervisord::log {

struct Killed {};

class TakeoverTest : public LogsTest {
 protected:
  /// Restarts with a hook that ends the run at the `nth` occurrence of `step`.
  void start_and_die_at(const std::string& step, int nth) {
    start(FakeHolder::With::descriptors, [this, step, left = nth](std::string_view name) mutable {
      if (name == step && --left == 0 && !dead_) {
        dead_ = true;
        throw Killed{};
      }
    });
  }

  /// Lets the pump run until it dies; false when it never does.
  bool dies(const std::string& stream) {
    try {
      logs->drain(stream);
    } catch (const Killed&) {
      return true;
    }
    return false;
  }

  std::string all(const std::string& name) {
    int last = 0;
    while (std::filesystem::exists(backup_path(dir / name, last + 1))) ++last;
    std::string text;
    for (; last >= 0; --last) text += contents(backup_path(dir / name, last));
    return text;
  }

  bool dead_ = false;
};

}  // namespace supervisord::log
