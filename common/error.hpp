// What a call answers that may fail as expected: Result<T>, an Error with a code to act on and a
// context to print. Errc is the suite's own codes; system calls use std::generic_category (errno).
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <system_error>

namespace common {

enum class Errc {
  bad_number = 1,
  bad_boolean,
  bad_value,
  bad_syntax,
  bad_name,
  bad_expansion,
  missing,
  unknown,
  not_found,
  conflict,
  unsupported,
  closed,
};

const std::error_category& category();
std::error_code make_error_code(Errc code);

struct Error {
  std::error_code code;
  std::string context;  // what a person reads: one line, without a final newline
};

template <class T>
using Result = boost::system::result<T, Error>;

/// The errno of the system call that failed just now, with `what` before its text: "bind
/// 0.0.0.0:80: Permission denied".
Error system_error(std::string_view what, int error);
/// An errno's symbol: "ENOENT"; "errno 4711" for one that has none.
std::string errno_name(int error);

}  // namespace common

template <>
struct std::is_error_code_enum<common::Errc> : std::true_type {};
