// What became of one process -> Supervisor's line and exit status. Pure.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/v1/process.pb.h"

namespace supervisorctl {

namespace v1 = ::supervisor::v1;

enum class Verb { start, stop, signal, clear };

/// "web: started", "web: ERROR (already started)".
std::string outcome_line(Verb verb, const v1::Outcome& outcome);
/// What the exit status becomes; 0: it stays as it is.
int outcome_status(Verb verb, v1::Fault fault);
/// Supervisor's fault name: "BAD_NAME".
std::string_view fault_name(v1::Fault fault);

}  // namespace supervisorctl
