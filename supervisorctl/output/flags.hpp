// A command's own flags ("--timeout SECONDS"): one row each serves parsing, help, completion and
// manual. Pure.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.hpp"

namespace supervisorctl {

struct Flag {
  std::string_view name;      // "--json", "-f"
  std::string_view argument;  // "SECONDS"; "" for none
  std::string_view help;
};

struct Given {
  std::vector<std::string> names;  // what is no flag
  std::vector<std::pair<std::string_view, std::string>> flags;

  bool has(std::string_view name) const {
    return std::ranges::any_of(flags, [name](const auto& each) { return each.first == name; });
  }
  /// The last value given, or "".
  std::string value(std::string_view name) const {
    std::string out;
    for (const auto& [key, value] : flags) {
      if (key == name) out = value;
    }
    return out;
  }
};

/// "--name VALUE" and "--name=VALUE" anywhere; all behind "--" is a name. Errors: bad_syntax, "has
/// no option --foo", "needs a value behind --since".
common::Result<Given> parse_flags(std::span<const Flag> table,
                                  const std::vector<std::string>& words);

/// A line for each, each behind a line end, for the end of a command's help.
std::string flags_help(std::span<const Flag> table);

}  // namespace supervisorctl
