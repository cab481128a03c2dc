#include "supervisord/process/policy.hpp"

#include <algorithm>

namespace supervisord::process {
namespace {

/// exit_on=exit:NAME: that one's exit is the end of all, so it is not started again.
bool ends_all(const config::ExitOn& on, const config::ProcessSpec& spec) {
  return on.kind == config::ExitOn::Kind::exit &&
         (on.process == spec.name || on.process == spec.group + ":" + spec.name);
}

}  // namespace

Policy policy_of(const config::ProcessSpec& spec, const config::ExitOn& exit_on) {
  Policy policy;
  policy.start_secs = std::max(spec.start_secs, std::chrono::seconds{0});
  policy.start_retries = spec.start_retries;
  switch (spec.autorestart) {
    case config::AutoRestart::never: policy.restart = Restart::never; break;
    case config::AutoRestart::unexpected: policy.restart = Restart::unexpected; break;
    case config::AutoRestart::always: policy.restart = Restart::always; break;
  }
  if (ends_all(exit_on, spec)) policy.restart = Restart::never;
  policy.exit_codes = spec.exit_codes;
  policy.stop_signal = spec.stop_signal;
  policy.stop_wait = std::max(spec.stop_wait, std::chrono::seconds{0});
  policy.stop_as_group = spec.stop_as_group;
  policy.kill_as_group = spec.kill_as_group;
  if (spec.ready_notification == config::ReadyNotification::notify_socket)
    policy.ready_timeout = spec.ready_timeout;
  return policy;
}

}  // namespace supervisord::process
