// Python's % formatting by name, as Supervisor applies it to every value:
// "%(program_name)s_%(process_num)02d". Pure. Source: Python library reference, "printf-style
// String Formatting"; Supervisor manual.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "common/error.hpp"

namespace common {

using ExpansionNames = std::map<std::string, std::variant<std::string, std::int64_t>, std::less<>>;

/// `%%` is a percent sign; any other `%` that is no %(name)TYPE is an error. `where`
/// ("program:x.command") goes into the texts. Errors: Errc::bad_expansion, in Supervisor's words.
Result<std::string> expand(std::string_view text, const ExpansionNames& names,
                           std::string_view where);

}  // namespace common
