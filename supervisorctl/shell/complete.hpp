// The beginning of a line -> what its last word can become. Pure: the table of commands, and names
// that the caller has asked for. Source: Supervisor's shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace supervisorctl {

struct ProcessName {
  std::string group;
  std::string process;
};

/// Whether candidates() would look at the names.
bool takes_names(std::string_view line);
/// Whole words, sorted: commands, flags, groups, or processes, "group:process" and "group:*".
std::vector<std::string> candidates(std::string_view line, const std::vector<ProcessName>& names);
/// Where the last word begins: behind the last blank.
std::size_t last_word(std::string_view line);
/// What all of them begin with.
std::string common_beginning(const std::vector<std::string>& words);

}  // namespace supervisorctl
