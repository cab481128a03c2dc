// What the words of start, stop, restart, signal, clear and pid mean. Supervisor's names are the
// daemon's to understand; patterns ("web*") are ours, and become the names of what there is now.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisorctl/command.hpp"

namespace supervisorctl {

struct Target {
  std::string text;                    // as it was written
  std::vector<std::string> selectors;  // for the daemon; none: the pattern fits nothing
  bool is_single = true;  // of one process it is also told that there was nothing to do
};

/// "all" among the names stands for the whole list. Asks the daemon only when there is a pattern;
/// nothing: it did not answer, which has been told.
std::optional<std::vector<Target>> targets_of(Session& session,
                                              const std::vector<std::string>& names);

/// The names that a pattern fits, as selectors.
std::vector<std::string> fitting(const std::string& pattern,
                                 const v1::ListProcessesResponse& processes);

/// The words of `command`'s arguments and its flags; nothing: they are wrong, which has been told.
std::optional<Given> parse_arguments(Session& session, std::string_view command,
                                     const std::vector<std::string>& words);

}  // namespace supervisorctl
