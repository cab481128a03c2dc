// A method call out of its XML. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "supervisord/xmlrpc/value.hpp"

namespace supervisord::xmlrpc {

struct MethodCall {
  std::string method;
  Array params;
};

constexpr std::size_t max_tags = 1'000'000;  // what a document may cost in memory
constexpr int max_depth = 32;                // of arrays and structs in each other

/// None: not well-formed, no call, a document type (its entities are nobody's friend), a type that
/// XML-RPC does not have, or more than the limits above.
std::optional<MethodCall> parse_call(std::string_view xml);

}  // namespace supervisord::xmlrpc
