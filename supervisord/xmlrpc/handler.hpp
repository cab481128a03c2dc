// /RPC2: a method call in a POST's body, its result or fault in the answer's.
#pragma once

#include "supervisord/control/audit.hpp"
#include "supervisord/control/control.hpp"
#include "supervisord/web/http.hpp"

namespace supervisord::xmlrpc {

/// `control` and `audit` outlive the handler and the calls that it began.
web::Handler handler(control::Control& control, control::Audit& audit);

}  // namespace supervisord::xmlrpc
