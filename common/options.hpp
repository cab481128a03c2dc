// Command lines as Supervisor's users know them: glibc's getopt_long behind one table, which also
// makes the help. Short flags bundle, long ones may be abbreviated, parsing stops at the first word
// that is no option.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"

namespace common {

struct Option {
  char short_name = 0;         // 0: none
  std::string_view long_name;  // without dashes
  std::string_view argument;   // "FILE"; "" for a flag
  std::string_view help;
  bool may_repeat = false;
  bool gives_way = false;  // an abbreviation that fits another option too means that one
};

struct ParsedOptions {
  struct Given {
    const Option* option = nullptr;  // into the table
    std::string value;               // "" for a flag
    bool is_long = false;            // given as --name
  };
  std::vector<Given> given;       // in order
  std::vector<std::string> rest;  // from the first word that is no option on

  bool has(std::string_view long_name) const;
  /// The last value given, or "".
  std::string value(std::string_view long_name) const;
};

/// Errors: Errc::bad_syntax, in Supervisor's words: "option --foo not recognized", "option -c
/// requires argument", "conflicting command line option '-c'".
Result<ParsedOptions> parse_options(std::span<const Option> table,
                                    const std::vector<std::string>& words);

/// "  -c, --configuration FILE   help", a line (or more) each; at most `width` columns.
std::string options_help(std::span<const Option> table, std::size_t width = 100);

}  // namespace common
