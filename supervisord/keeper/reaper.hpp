// Whose end is known, and how: children by wait, adopted ones by pidfd; and signals to both. One
// thread; nobody else in this process waits for children.
#pragma once

#include <sys/types.h>

#include <optional>

#include "supervisord/keeper/children.hpp"

namespace supervisord::keeper {

struct Reaped {
  pid_t pid = 0;
  int status = 0;
};
constexpr pid_t whoever = -1;
/// One that has ended, ours or one that became ours as its subreaper or pid 1; else nothing.
std::optional<Reaped> reap_one(pid_t which);

enum class AdoptedState { lives, ended, forgotten };
struct AdoptedEnd {
  AdoptedState state = AdoptedState::lives;
  ChildExit exit;  // when it has ended and been forgotten by its parent
};
/// ended: nobody has reaped it yet, so that its status may still come (Linux 6.15).
AdoptedEnd look_at_adopted(int pidfd);

/// To a living child, or to its process group, which may live on after it. The errno, 0 for none.
int send_signal(const ChildRow& row, int number, bool process_group);

}  // namespace supervisord::keeper
