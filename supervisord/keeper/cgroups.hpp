// A cgroup (version 2) of its own for a child that asks for one, so that all that descends from it
// can be killed whatever it did to parent, group and environment. In a folder below the cgroup that
// the keeper is in, where that may be written; elsewhere there are none, and nobody is told.
// Owned by the keeper; one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/unique_fd.hpp"

namespace supervisord::keeper {

/// Pure: the folder of the cgroup that /proc/self/cgroup names, by /proc/self/mountinfo; "" when
/// there is no version 2.
std::string cgroup_folder(std::string_view cgroup, std::string_view mountinfo);
/// This process's.
std::string own_cgroup_folder();

class Cgroups {
 public:
  /// There are none.
  Cgroups() = default;
  /// Below `folder`, if groups can be made there and the kernel can kill them (Linux 5.14): the
  /// first make() finds out. What dead keepers left there and is empty goes.
  explicit Cgroups(const std::string& folder);

  struct Made {
    std::string path;     // "" when none could be had
    common::UniqueFd fd;  // for clone3
  };
  Made make();
  /// SIGKILL to all that is in it. Whether it could be asked for.
  static bool kill(const std::string& path);
  /// Now, or in a later sweep() if somebody is in it still.
  void remove(const std::string& path);
  void sweep();
  /// All that is empty, and the folder.
  void end();

 private:
  bool open_folder();

  std::string folder_;  // "" when there are none
  unsigned number_ = 0;
  std::vector<std::string> full_;  // to be removed
};

}  // namespace supervisord::keeper
