// The table of children: living ones, and ended ones whose exit the daemon has not yet taken in.
// Pure: makes no system call; what it owns closes with its row.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/unique_fd.hpp"
#include "supervisord/keeper/messages.hpp"

namespace supervisord::keeper {

/// What is written down of a child, so that a next keeper can find it again.
struct ChildFacts {
  struct PipeEnd {
    std::int32_t target = 0;  // the child's descriptor
    std::uint64_t inode = 0;
    friend bool operator==(const PipeEnd&, const PipeEnd&) = default;
  };
  std::string name;
  std::int32_t pid = 0;            // 0: to be launched
  std::uint64_t start_ticks = 0;   // field 22 of /proc/PID/stat
  std::int64_t started_at_ns = 0;  // Unix time
  std::uint64_t pidfd_inode =
      0;  // one for each process of a boot since Linux 6.9; before, one for all
  std::vector<PipeEnd> pipes;
  std::optional<ChildExit> exit;
  std::string cgroup;      // the folder of its own group; "" for none
  std::int32_t group = 0;  // its process group, when that is not its pid: it goes on as another

  pid_t process_group() const { return group != 0 ? group : pid; }
  friend bool operator==(const ChildFacts&, const ChildFacts&) = default;
};

/// What a child has named to go on as when it ends.
struct Heir {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;
  common::UniqueFd pidfd;
};

struct ChildRow {
  ChildFacts facts;
  bool adopted = false;
  common::UniqueFd pidfd;  // while it lives
  struct Recovered {
    std::int32_t target = 0;
    common::UniqueFd fd;
  };
  std::vector<Recovered> recovered;

  std::optional<Heir> heir;

  bool group_left = false;  // when it ended, others were in its process group

  bool lives() const { return !facts.exit.has_value(); }
};

class Children {
 public:
  /// The caller has seen that there is no row of that name.
  void add(ChildRow row);
  ChildRow* find(std::string_view name);
  ChildRow* find_living(pid_t pid);
  void exited(ChildRow& row, ChildExit exit);
  /// It lives on as its heir, which it has.
  void goes_on(ChildRow& row);
  /// Nothing happens to one that lives, or is not there. Whether a row went.
  bool forget(std::string_view name);

  std::size_t living() const { return by_pid_.size(); }
  /// By name.
  const std::map<std::string, ChildRow, std::less<>>& rows() const { return rows_; }

 private:
  std::map<std::string, ChildRow, std::less<>> rows_;
  std::unordered_map<pid_t, ChildRow*> by_pid_;  // living ones; rows do not move
};

}  // namespace supervisord::keeper
