#include "supervisord/exit_on.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include "common/wait_status.hpp"

namespace supervisord {
namespace {

using process::State;

bool is_meant(const config::ExitOn& on, const process::StateChange& change) {
  return on.process.empty() || on.process == change.name ||
         on.process == change.group + ":" + change.name;
}

bool ends_it(const config::ExitOn& on, const process::StateChange& change) {
  switch (on.kind) {
    case config::ExitOn::Kind::never: return false;
    case config::ExitOn::Kind::fatal: return change.to == State::fatal && is_meant(on, change);
    case config::ExitOn::Kind::exit:
      return (change.to == State::exited || change.to == State::fatal) && is_meant(on, change);
  }
  return false;
}

int status_of(const std::optional<int>& wait_status) {
  if (!wait_status) return 1;
  return WIFSIGNALED(*wait_status) ? 128 + WTERMSIG(*wait_status) : WEXITSTATUS(*wait_status);
}

}  // namespace

std::optional<SuiteEnd> suite_end(const config::ExitOn& on, const process::StateChange& change) {
  if (!ends_it(on, change)) return std::nullopt;
  SuiteEnd end;
  end.status = status_of(change.wait_status);
  // A program that could not stay up may have said 0; that the suite failed is to be seen.
  if (change.to == State::fatal && end.status == 0) end.status = 1;
  const std::string how =
      change.wait_status ? common::wait_status_text(*change.wait_status) : "no exit status";
  end.line = fmt::format("{} entered {} state ({}): exit_on ends supervisord with exit status {}",
                         change.name, process::state_name(change.to), how, end.status);
  return end;
}

}  // namespace supervisord
