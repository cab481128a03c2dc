// /logtail/NAME[/CHANNEL] and /mainlogtail: a log's last 1024 bytes, then what is written to it,
// for as long as the client listens. Source: Supervisor, "/logtail".
#pragma once

#include "supervisord/control/control.hpp"
#include "supervisord/web/http.hpp"

namespace supervisord::web {

/// `control` outlives the handlers and the streams that they began.
Handler process_log_handler(control::Control& control);
Handler main_log_handler(control::Control& control);

}  // namespace supervisord::web
