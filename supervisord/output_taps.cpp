#include "supervisord/output_taps.hpp"

#include <fmt/format.h>

#include <utility>

#include "common/log.hpp"

namespace supervisord {
namespace {

const char* channel(bool is_stderr) { return is_stderr ? "stderr" : "stdout"; }

const config::LogSpec& log_of(const config::ProcessSpec& spec, bool is_stderr) {
  return is_stderr ? spec.stderr_log : spec.stdout_log;
}

}  // namespace

void OutputTaps::set_receivers(Receiver output, Receiver captured) {
  output_ = std::move(output);
  captured_ = std::move(captured);
}

void OutputTaps::connect(log::LogHandlers& handlers) {
  handlers.output = [this](const auto& stream, auto bytes) { on_output(stream, bytes); };
  handlers.captured = [this](const auto& stream, auto data) { on_captured(stream, data); };
  handlers.syslog = [this](const std::string& line) { return syslog_.send(line); };
}

bool OutputTaps::wants_output(const config::ProcessSpec& spec, bool is_stderr) const {
  return debug_ || is_listener_dialogue(spec, is_stderr);
}

bool OutputTaps::is_listener_dialogue(const config::ProcessSpec& spec, bool is_stderr) const {
  const process::Group* const group = table_.find_group(spec.group);
  return !is_stderr && group != nullptr && group->spec().listener.has_value();
}

void OutputTaps::on_output(const std::string& stream, std::string_view bytes) const {
  const auto owner = table_.owner_of(stream);
  if (!owner) return;  // its process has been removed
  const config::ProcessSpec& spec = owner->process->spec();
  if (debug_) {
    common::log(common::Level::debug,
                fmt::format("'{}' {} output:\n{}", spec.name, channel(owner->is_stderr), bytes));
  }
  if (!output_) return;
  if (log_of(spec, owner->is_stderr).events_enabled || is_listener_dialogue(spec, owner->is_stderr))
    output_(*owner->process, owner->is_stderr, bytes);
}

void OutputTaps::on_captured(const std::string& stream, std::string_view data) const {
  const auto owner = table_.owner_of(stream);
  if (!owner) return;
  if (debug_) {
    common::log(common::Level::debug,
                fmt::format("'{}' {} emitted a comm event", owner->process->spec().name,
                            channel(owner->is_stderr)));
  }
  if (captured_) captured_(*owner->process, owner->is_stderr, data);
}

}  // namespace supervisord
