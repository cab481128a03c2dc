// Python's % formatting with names, which Supervisor applies to every value of its configuration:
// "%(program_name)s", "%(process_num)02d", "%%". Pure.
// Source: Python Library Reference, "printf-style String Formatting". Stricter in one thing: a
// conversion without a name in parentheses is always an error ("%s" would print the whole table).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/error.hpp"

namespace common {

/// What the names of an expansion stand for. Looks into `outer` for what it does not have itself;
/// whoever makes the inner one keeps the outer one alive.
class Names {
 public:
  using Value = std::variant<std::string, std::int64_t>;

  Names() = default;
  explicit Names(const Names* outer) : outer_{outer} {}

  void set(std::string name, Value value) {
    own_.insert_or_assign(std::move(name), std::move(value));
  }
  const Value* find(std::string_view name) const;
  std::vector<std::string> sorted() const;

 private:
  const Names* outer_ = nullptr;
  std::map<std::string, Value, std::less<>> own_;
};

/// `format` with its names replaced, in one pass. `option` is for the message only
/// ("program:x.command"). Errors: bad_expansion, in Supervisor's words.
Result<std::string> expand(std::string_view format, const Names& names, std::string_view option);

}  // namespace common
