// A log as it is written, across daemons that come and go: what `tail -f`, `fg` and `logs -f`
// share.
#pragma once

#include <functional>
#include <string>

#include "supervisor/v1/log.pb.h"
#include "supervisorctl/command.hpp"

namespace supervisorctl {

v1::LogName log_name(std::string process, v1::LogChannel channel);

/// Gives each chunk to `show`, and keeps in `request` from where to go on: a daemon that was
/// replaced is asked for what comes after the last byte seen, so nothing is missing and nothing
/// comes twice. Comes back when it is cancelled, refused, or when no daemon answers any more.
Failure follow_log(Session& session, v1::FollowLogRequest& request,
                   const std::function<void(const v1::LogChunk&)>& show);

}  // namespace supervisorctl
