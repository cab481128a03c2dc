// A command line into words as a POSIX shell quotes them, without anything else that a shell does
// (no $, ~, *, comment). Pure. Source: Python's shlex.split, which is what Supervisor's command=
// goes through.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"

namespace common {

/// Blanks and line ends separate; '' is literal; in "" a backslash escapes " and \ only; elsewhere
/// it escapes any byte. Errors: bad_syntax "No closing quotation", "No escaped character".
Result<std::vector<std::string>> parse_words(std::string_view command);

}  // namespace common
