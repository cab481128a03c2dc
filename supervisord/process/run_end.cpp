#include "supervisord/process/run_end.hpp"

#include <utility>

#include "common/wait_status.hpp"

namespace supervisord::process {
namespace {

std::string reason_of(const StateChange& change) {
  if (!change.run.ran) return change.run.why;
  std::string reason = change.wait_status ? common::wait_status_text(*change.wait_status)
                                          : std::string{"exit status unknown"};
  if (!change.run.why.empty()) reason += ": " + change.run.why;
  return reason;
}

}  // namespace

std::optional<RunEnd> run_end_of(const StateChange& change, WallTime at) {
  const bool was_stopped = change.from == State::stopping && change.to == State::stopped;
  const bool is_end = was_stopped || change.to == State::exited || change.to == State::backoff;
  if (!is_end) return std::nullopt;
  const bool had_process = change.run.ran.has_value();
  return RunEnd{.at = at,
                .pid = had_process ? change.pid : 0,
                .wait_status = had_process ? change.wait_status : std::nullopt,
                .ran = change.run.ran,
                .expected = change.to == State::exited && change.expected,
                .stopped = was_stopped,
                .reason = reason_of(change)};
}

void RunEnds::add(RunEnd end) {
  if (ends_.size() == most) ends_.erase(ends_.begin());
  ends_.push_back(std::move(end));
}

}  // namespace supervisord::process
