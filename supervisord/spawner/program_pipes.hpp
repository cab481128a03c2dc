// The pipes of one run of a program: new ones for each run, so that what a grandchild says late
// does not mix with the next run's output.
#pragma once

#include <optional>
#include <vector>

#include "common/error.hpp"
#include "common/unique_fd.hpp"

namespace supervisord::spawner {

enum class StderrTo { own_pipe, stdout_pipe };

/// What is no pipe of ours.
struct Unpiped {
  std::optional<int> input = {};  // the program's descriptor 0 itself; stays the caller's
  bool output = false;            // nobody is to see it: /dev/null
  bool error = false;             // likewise; not looked at with StderrTo::stdout_pipe
};

struct ProgramPipes {
  common::UniqueFd stdin_end;   // to write to; non-blocking, as all three; none for an input
  common::UniqueFd stdout_end;  // to read from; none without a pipe
  common::UniqueFd stderr_end;  // likewise; none with StderrTo::stdout_pipe

  std::vector<common::UniqueFd> child_ends;  // to send along, then to close
  std::vector<int> targets;                  // their numbers in the child

  std::vector<int> child_numbers() const;
};

/// The program's ends are open to read and write: it keeps its own pipes alive and waits, rather
/// than dies or reads an end of file, while nobody is at the other end. Errors: errno.
common::Result<ProgramPipes> make_program_pipes(StderrTo stderr_to, const Unpiped& unpiped = {});

}  // namespace supervisord::spawner
