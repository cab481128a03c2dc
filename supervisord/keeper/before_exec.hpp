// What a child does between clone and exec, beside its parent and on its memory: descriptors,
// limits, identity, folder. The Launcher fills ChildArgs and owns all that it points to; only the
// child writes its answer.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace supervisord::keeper {

enum class Step : int {
  none,
  setpgid,
  prctl,
  dup2,
  close,
  setrlimit,
  setgroups,
  setgid,
  setuid,
  chdir,
  exec
};

const char* step_name(Step step);

struct Gap {  // descriptor numbers, both ends included
  unsigned first = 0;
  unsigned last = 0;
};

struct KernelLimit {
  int resource = 0;
  std::uint64_t values[2] = {0, 0};  // as prlimit64 has them: soft, hard
};

// All that the child needs, and its answer. Plain values and pointers into the parent's memory.
struct ChildArgs {
  unsigned shared_above = 0;  // 0: the table is a copy already
  const char* path = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  int* sources = nullptr;
  const int* targets = nullptr;
  std::size_t targets_count = 0;
  int first_spare = 3;  // above every target
  const Gap* gaps = nullptr;
  std::size_t gaps_count = 0;
  const KernelLimit* limits = nullptr;
  std::size_t limits_count = 0;
  bool has_identity = false;
  uid_t uid = 0;
  gid_t gid = 0;
  const gid_t* groups = nullptr;
  std::size_t groups_count = 0;
  const char* directory = nullptr;
  bool has_umask = false;
  mode_t umask = 0;
  pid_t die_with = 0;        // 0: with nobody
  char* pid_text = nullptr;  // where its pid goes, in decimal; null: nowhere

  Step step = Step::none;
  std::size_t index = 0;  // which target, which limit
  int error = 0;
};

/// Runs the program of the ChildArgs at `pointer`; comes to an end without it when a step fails,
/// which stands there then. For clone().
int child(void* pointer);

}  // namespace supervisord::keeper
