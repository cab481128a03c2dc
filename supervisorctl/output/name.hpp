// Names as Supervisor's users write them: "web", "group:web", "group:*", "group:". Pure.
#pragma once

#include <fnmatch.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace supervisorctl {

struct Name {
  std::string group;
  std::optional<std::string> process;  // none: the whole group
};

inline Name split_name(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return {std::string{text}, std::string{text}};
  const std::string_view process = text.substr(colon + 1);
  if (process.empty() || process == "*") return {std::string{text.substr(0, colon)}, std::nullopt};
  return {std::string{text.substr(0, colon)}, std::string{process}};
}

/// "web" when group and process have one name, else "group:web".
inline std::string display_name(std::string_view group, std::string_view process) {
  if (group == process) return std::string{process};
  return std::string{group} + ":" + std::string{process};
}

/// Whether a name is a pattern as shells have them ("web*"), other than a whole group ("web:*").
inline bool is_pattern(std::string_view text) {
  const std::string_view named = text.ends_with(":*") ? text.substr(0, text.size() - 2) : text;
  return named.find_first_of("*?[") != std::string_view::npos;
}

/// A pattern with a colon is held against "group:process", another against what `status` shows.
inline bool fits(const std::string& pattern, std::string_view group, std::string_view process) {
  const std::string name = pattern.find(':') == std::string::npos
                               ? display_name(group, process)
                               : std::string{group} + ":" + std::string{process};
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

/// The words of a line, split at blanks.
inline std::vector<std::string> words_of(std::string_view line) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  std::vector<std::string> words;
  for (;;) {
    const auto begin = line.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const auto end = std::min(line.find_first_of(blanks), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

}  // namespace supervisorctl
