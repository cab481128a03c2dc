// What /healthz and /readyz answer to an orchestrator's probes. Pure.
#pragma once

#include <string>
#include <vector>

#include "supervisord/control/control.hpp"
#include "supervisord/process/status.hpp"
#include "supervisord/web/http.hpp"

namespace supervisord::web {

/// The loop turns: 200.
Response healthz();

/// 200 when every process with autostart=true is RUNNING, or has done its work: EXITED with an
/// expected status and not to be started again. Else 503 with those that are not, a line each.
Response readyz(const control::DaemonInfo& daemon, const std::vector<process::Status>& rows,
                const std::vector<control::ConfiguredProcess>& configured);

}  // namespace supervisord::web
