// Arguments as Supervisor takes them: leniently, as Python's int() and truth would. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "supervisord/xmlrpc/value.hpp"

namespace supervisord::xmlrpc {

/// A string, base64, or an integer's digits.
std::optional<std::string> as_text(const Value& value);
/// An integer, a boolean, the whole part of a double, or a string of digits.
std::optional<std::int64_t> as_integer(const Value& value);
/// What is neither false, nor 0, nor empty.
bool as_truth(const Value& value);

}  // namespace supervisord::xmlrpc
