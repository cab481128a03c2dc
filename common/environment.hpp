// The value of environment=: KEY=VAL,KEY2="VAL 2". Pure.
// Source: Supervisor 4.4 (shlex in POSIX mode, with / . + - ( ) : in words). Where Supervisor drops
// text without a word ("A=a b" keeps "a"), this is an error.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.hpp"

namespace common {

using Environment = std::vector<std::pair<std::string, std::string>>;

/// Pairs in their order, each key once (the last value wins). Errors: bad_syntax.
Result<Environment> parse_environment(std::string_view text);
/// Sets `key`, in its place if it is there already, else at the end.
void set_variable(Environment& environment, std::string key, std::string value);

}  // namespace common
