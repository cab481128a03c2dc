// The preloaded process: imports the application once and forks workers when the arbiter asks. It
// is a child that the arbiter can throw away, so that a reload means new code; the workers are the
// arbiter's children, not its. This is the arbiter's end of it, and what runs in it. One thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <optional>

#include "common/unique_fd.hpp"

namespace asgi_worker::arbiter {

/// What the template tells.
struct TemplateWord {
  enum class What { loaded, forked, failed, closed } what;
  pid_t pid = 0;  // of the worker that was forked
};

class Template {
 public:
  Template(pid_t pid, common::UniqueFd link) : pid_{pid}, link_{std::move(link)} {}
  pid_t pid() const { return pid_; }
  int fd() const { return link_.get(); }
  bool is_loaded() const { return is_loaded_; }

  /// Asks for a worker, which is to report to `words` and use the cell of that index. Each is
  /// answered, in order, by forked or failed. False: it has gone.
  bool ask(std::size_t cell, int words);
  /// The next word that has come; none as yet.
  std::optional<TemplateWord> read();

 private:
  pid_t pid_;
  common::UniqueFd link_;  // closed: the template ends
  bool is_loaded_ = false;
};

/// A worker as the template forks it.
struct TemplateSeat {
  std::size_t cell;
  common::UniqueFd words;
};

struct TemplateLife {
  /// Imports the application; the exit status when it cannot, else 0.
  std::function<int()> load;
  /// A worker's life, in that worker: its exit status.
  std::function<int(TemplateSeat)> run;
};

/// What runs in the template, and, in a fork of it, in a worker; the exit status of either. GIL
/// held. `arbiter` becomes the workers' parent, so it has to be a child subreaper.
int run_template(common::UniqueFd link, pid_t arbiter, const TemplateLife& life);

}  // namespace asgi_worker::arbiter
