// Values into XML, laid out as Python's xmlrpc.client does, which is what Supervisor's clients have
// always been sent. Always well-formed, whatever the texts hold. Pure.
#pragma once

#include <string>
#include <string_view>

#include "supervisord/xmlrpc/value.hpp"

namespace supervisord::xmlrpc {

/// Integers saturate at 32 bits, which is all that XML-RPC's <int> has.
std::string write_response(const Value& value);
std::string write_fault(int code, std::string_view text);

/// The text as XML can bear it, unescaped: invalid UTF-8 and the characters that XML forbids become
/// U+FFFD each.
std::string clean_text(std::string_view text);

/// A piece out of a log without the halves of characters at its ends.
std::string_view whole_characters(std::string_view text);

}  // namespace supervisord::xmlrpc
