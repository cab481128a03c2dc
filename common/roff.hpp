// Pieces of manual pages, in the man(7) macros. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/options.hpp"

namespace common {

/// Fit for a line of roff: dashes that can be copied, no control line by accident.
std::string roff(std::string_view text);
/// A bold term, what it takes (or ""), and below it what it means; as roff() has them.
std::string roff_entry(std::string_view term, std::string_view argument, std::string_view text);
/// An entry for each option.
std::string roff_options(std::span<const Option> options);

}  // namespace common
