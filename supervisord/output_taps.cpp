#include "supervisord/output_taps.hpp"

#include <fmt/format.h>

#include <utility>

#include "common/log.hpp"

namespace supervisord {
namespace {

const char* channel(bool is_stderr) { return is_stderr ? "stderr" : "stdout"; }

}  // namespace

void OutputTaps::set_receivers(Receiver output, Receiver captured) {
  output_ = std::move(output);
  captured_ = std::move(captured);
}

void OutputTaps::connect(log::LogHandlers& handlers) {
  handlers.output = [this](const auto& stream, auto bytes, auto piece) {
    on_output(stream, bytes, piece);
  };
  handlers.captured = [this](const auto& stream, auto data, auto piece) {
    on_captured(stream, data, piece);
  };
  handlers.syslog = [this](const std::string& line) { return syslog_.send(line); };
}

void OutputTaps::on_output(const std::string& stream, std::string_view bytes,
                           std::uint64_t piece) const {
  if (output_) output_(stream, bytes, piece);
  if (!debug_) return;
  const auto owner = table_.owner_of(stream);
  if (!owner) return;  // its process has been removed
  common::log(common::Level::debug, fmt::format("'{}' {} output:\n{}", owner->process->spec().name,
                                                channel(owner->is_stderr), bytes));
}

void OutputTaps::on_captured(const std::string& stream, std::string_view data,
                             std::uint64_t piece) const {
  if (captured_) captured_(stream, data, piece);
  if (!debug_) return;
  const auto owner = table_.owner_of(stream);
  if (!owner) return;
  common::log(common::Level::debug,
              fmt::format("'{}' {} emitted a comm event", owner->process->spec().name,
                          channel(owner->is_stderr)));
}

}  // namespace supervisord
