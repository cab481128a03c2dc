#include "supervisorctl/shell/complete.hpp"

#include <algorithm>
#include <set>

#include "supervisorctl/command.hpp"
#include "supervisorctl/output/name.hpp"

namespace supervisorctl {
namespace {

std::vector<std::string> beginning_with(std::string_view text, const std::set<std::string>& all) {
  std::vector<std::string> out;
  std::ranges::copy_if(all, std::back_inserter(out),
                       [text](const std::string& each) { return each.starts_with(text); });
  return out;
}

std::set<std::string> command_names() {
  std::set<std::string> out;
  for (const Command& command : commands()) out.emplace(command.name);
  return out;
}

std::set<std::string> group_names(const std::vector<ProcessName>& names) {
  std::set<std::string> out;
  for (const ProcessName& name : names) out.insert(name.group);
  return out;
}

/// A process that is its group is also found by its longer name, once a colon is typed.
std::set<std::string> process_names(std::string_view text, const std::vector<ProcessName>& names) {
  std::set<std::string> out;
  for (const auto& [group, process] : names) {
    if (group == process && text.find(':') == std::string_view::npos) {
      out.insert(process);
      continue;
    }
    out.insert(group + ":" + process);
    out.insert(group + ":*");
  }
  return out;
}

/// The command of the line, once its word is ended by a blank.
const Command* command_of(std::string_view line) {
  const auto begin = line.find_first_not_of(' ');
  if (begin == std::string_view::npos) return nullptr;
  const auto end = line.find(' ', begin);
  return end == std::string_view::npos ? nullptr : find_command(line.substr(begin, end - begin));
}

}  // namespace

std::size_t last_word(std::string_view line) {
  const auto blank = line.find_last_of(' ');
  return blank == std::string_view::npos ? 0 : blank + 1;
}

bool takes_names(std::string_view line) {
  const Command* const command = command_of(line);
  return command != nullptr &&
         (command->takes == Takes::groups || command->takes == Takes::processes);
}

std::vector<std::string> candidates(std::string_view line, const std::vector<ProcessName>& names) {
  const std::string_view text = line.substr(last_word(line));
  const bool first_word = line.find_first_not_of(' ') == std::string_view::npos ||
                          line.find(' ', line.find_first_not_of(' ')) == std::string_view::npos;
  if (first_word) return beginning_with(text, command_names());
  const Command* const command = command_of(line);
  if (command == nullptr) return {};
  if (text.starts_with('-')) {
    std::set<std::string> flags;
    for (const Flag& flag : command->flags) flags.emplace(flag.name);
    return beginning_with(text, flags);
  }
  switch (command->takes) {
    case Takes::commands: return beginning_with(text, command_names());
    case Takes::groups: return beginning_with(text, group_names(names));
    case Takes::processes: return beginning_with(text, process_names(text, names));
    case Takes::shells: return beginning_with(text, {"bash", "fish", "zsh"});
    case Takes::nothing:
    case Takes::files:
    case Takes::event_types: return {};
  }
  return {};
}

std::string common_beginning(const std::vector<std::string>& words) {
  if (words.empty()) return "";
  std::string out = words.front();
  for (const std::string& word : words) {
    const auto end = std::ranges::mismatch(out, word).in1;
    out.erase(end, out.end());
  }
  return out;
}

}  // namespace supervisorctl
