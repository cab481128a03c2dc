#include "supervisorctl/output/outcome.hpp"

#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/name.hpp"

namespace supervisorctl {
namespace {

std::string_view done_word(Verb verb) {
  switch (verb) {
    case Verb::start: return "started";
    case Verb::stop: return "stopped";
    case Verb::signal: return "signalled";
    case Verb::clear: return "cleared";
  }
  return "done";
}

/// What stands in "ERROR (...)"; "" for a fault that has no words of its own with any verb.
std::string_view fault_words(v1::Fault fault) {
  switch (fault) {
    case v1::FAULT_BAD_NAME: return "no such process";
    case v1::FAULT_BAD_SIGNAL: return "bad signal name";
    case v1::FAULT_NO_FILE: return "no such file";
    case v1::FAULT_NOT_EXECUTABLE: return "file is not executable";
    case v1::FAULT_ALREADY_STARTED: return "already started";
    case v1::FAULT_SPAWN_ERROR: return "spawn error";
    case v1::FAULT_ABNORMAL_TERMINATION: return "abnormal termination";
    case v1::FAULT_NOT_RUNNING: return "not running";
    case v1::FAULT_SHUTDOWN_STATE: return "supervisor shutting down";
    default: return "";
  }
}

}  // namespace

std::string_view fault_name(v1::Fault fault) {
  constexpr std::string_view prefix = "FAULT_";
  const std::string& name = v1::Fault_Name(fault);
  return name.empty() ? "FAILED"
                      : std::string_view{name}.substr(prefix.size());  // a later version's fault
}

std::string outcome_line(Verb verb, const v1::Outcome& outcome) {
  const std::string name = display_name(outcome.group(), outcome.process());
  if (outcome.fault() == v1::FAULT_UNSPECIFIED) return name + ": " + std::string{done_word(verb)};
  if (outcome.fault() == v1::FAULT_FAILED && verb == Verb::clear) return name + ": ERROR (failed)";
  if (const auto words = fault_words(outcome.fault()); !words.empty()) {
    return name + ": ERROR (" + std::string{words} + ")";
  }
  // As a fault's text reads: "FAILED: why".
  std::string text{fault_name(outcome.fault())};
  text += ": " + (outcome.detail().empty() ? name : outcome.detail());
  return text;
}

int outcome_status(Verb verb, v1::Fault fault) {
  switch (fault) {
    case v1::FAULT_UNSPECIFIED: return exit_code::success;
    case v1::FAULT_ALREADY_STARTED:
      return verb == Verb::start ? exit_code::success : exit_code::generic;
    case v1::FAULT_NOT_RUNNING:
      return verb == Verb::stop ? exit_code::success : exit_code::not_running;
    case v1::FAULT_SPAWN_ERROR:
    case v1::FAULT_ABNORMAL_TERMINATION: return exit_code::not_running;
    default: return exit_code::generic;
  }
}

}  // namespace supervisorctl
