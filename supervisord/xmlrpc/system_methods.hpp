// The methods of the namespace `system`: about methods, and several calls in one.
#pragma once

#include "supervisord/xmlrpc/methods.hpp"

namespace supervisord::xmlrpc {

Answer list_methods(control::Control& control, const Array& arguments);
Answer method_help(control::Control& control, const Array& arguments);
Answer method_signature(control::Control& control, const Array& arguments);
/// Each call is over before the next begins.
void multicall(const SessionPtr& session, const Array& arguments, Reply reply);

}  // namespace supervisord::xmlrpc
