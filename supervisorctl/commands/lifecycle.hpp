// What start, stop, restart, signal and their kin share: how long to wait, and how an outcome is
// told.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisorctl/command.hpp"
#include "supervisorctl/commands/targets.hpp"
#include "supervisorctl/output/outcome.hpp"

namespace supervisorctl {

struct Patience {
  enum class Kind {
    none,             // --no-wait: until it is asked for
    settled,          // as Supervisor: until it is up or down, or its first try has failed
    through_retries,  // --wait: also while it is tried again, until it is given up
  };
  Kind kind = Kind::settled;
  std::optional<std::chrono::seconds> limit = std::nullopt;  // --timeout: of the whole command
};

/// By the flags; sets the client's deadline, which the caller takes back. Nothing: they are wrong,
/// which has been told.
std::optional<Patience> patience_of(Session& session, std::string_view command, const Given& given);

/// Prints the outcome's line and takes its exit status.
void tell(Session& session, Verb verb, const v1::Outcome& outcome);
/// A call for a target was refused: that is its outcome. False: the failure ends the command.
bool tell_refused(Session& session, Verb verb, const Target& target, const Failure& failure);

/// restart --rolling: so many at a time, each batch up before the next; ends at the first that does
/// not come up.
void restart_rolling(Session& session, const Given& given);
/// Sends each its reloadsignal, by which programs read their configuration again.
void signal_reload(Session& session, const std::vector<std::string>& names);

}  // namespace supervisorctl
