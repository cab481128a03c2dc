// What --help prints: the options in force by topic, wrapped to the terminal. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "asgi-worker/options/options.hpp"
#include "asgi-worker/options/table.hpp"

namespace asgi_worker::options {

std::string help_text(std::size_t width);
/// What stands behind an option's flags there: what it does, its choices, its default.
std::string remark_in_help(const Row& row);

/// What --print-config prints: "key = value", a line for each value of a list.
std::string print_text(const Options& options);

}  // namespace asgi_worker::options
