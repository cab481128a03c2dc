// Words of a command line and pairs of an environment= value, by the quoting of POSIX (Python's
// shlex). Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.hpp"

namespace common {

/// Splits at blanks: single quotes are literal, double quotes know \" and \\, a backslash escapes
/// outside quotes; '#' is no comment. Errors: Errc::bad_syntax, "No closing quotation" or "No
/// escaped character".
Result<std::vector<std::string>> parse_words(std::string_view text);

/// KEY=VALUE,KEY2="VALUE 2": commas, blanks and newlines around pairs; a value is quoted or made of
/// letters, digits and
/// "_/.+-():" (quoted and plain pieces join); "#" outside quotes begins a comment. Where Supervisor
/// would silently drop text, this is an error. Errors: Errc::bad_syntax, with the whole value.
Result<std::vector<std::pair<std::string, std::string>>> parse_environment(std::string_view text);

}  // namespace common
