#include "supervisord/xmlrpc/arguments.hpp"

#include <cmath>

#include "common/overloaded.hpp"
#include "common/values.hpp"

namespace supervisord::xmlrpc {

std::optional<std::string> as_text(const Value& value) {
  if (const auto* const text = value.get<std::string>()) return *text;
  if (const auto* const bytes = value.get<Bytes>()) return bytes->bytes;
  if (const auto* const number = value.get<std::int64_t>()) return std::to_string(*number);
  return std::nullopt;
}

std::optional<std::int64_t> as_integer(const Value& value) {
  constexpr double most = 9e15;  // every whole number up to here is a double
  if (const auto* const number = value.get<std::int64_t>()) return *number;
  if (const auto* const truth = value.get<bool>()) return *truth ? 1 : 0;
  if (const auto* const number = value.get<double>(); number != nullptr && std::abs(*number) < most)
    return static_cast<std::int64_t>(*number);
  if (const auto* const text = value.get<std::string>()) {
    if (const auto number = common::parse_integer(*text)) return *number;
  }
  return std::nullopt;
}

bool as_truth(const Value& value) {
  return std::visit(common::Overloaded{
                        [](const DateTime&) { return true; },
                        [](const Bytes& bytes) { return !bytes.bytes.empty(); },
                        [](bool truth) { return truth; },
                        [](std::int64_t number) { return number != 0; },
                        [](double number) { return number != 0; },
                        [](const auto& container) { return !container.empty(); },
                    },
                    value.is);
}

}  // namespace supervisord::xmlrpc
