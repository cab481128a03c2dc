#include "common/error.hpp"

#include <cstring>

namespace common {
namespace {

class Category : public std::error_category {
 public:
  const char* name() const noexcept override { return "supervisor"; }
  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::bad_number: return "not a valid number";
      case Errc::bad_boolean: return "not a valid boolean value";
      case Errc::bad_value: return "not a valid value";
      case Errc::bad_syntax: return "bad syntax";
      case Errc::bad_name: return "invalid name";
      case Errc::bad_expansion: return "cannot be expanded";
      case Errc::missing: return "missing";
      case Errc::unknown: return "unknown";
      case Errc::not_found: return "not found";
      case Errc::conflict: return "in conflict";
      case Errc::unsupported: return "not supported";
      case Errc::closed: return "closed";
    }
    return "unknown error";
  }
};

}  // namespace

const std::error_category& category() {
  static const Category the_category;
  return the_category;
}

std::error_code make_error_code(Errc code) { return {static_cast<int>(code), category()}; }

Error system_error(std::string_view what, int error) {
  const std::error_code code{error, std::generic_category()};
  return {code, std::string{what} + ": " + code.message()};
}

std::string errno_name(int error) {
  const char* const name = ::strerrorname_np(error);
  return name != nullptr ? name : "errno " + std::to_string(error);
}

}  // namespace common
