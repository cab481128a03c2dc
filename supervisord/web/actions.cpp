#include "supervisord/web/actions.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <utility>
#include <vector>

#include "supervisord/web/page_escape.hpp"

namespace supervisord::web {
namespace {

using control::Ending;
using control::Fault;
using control::Outcome;

struct VerbName {
  Verb verb;
  const char* name;   // as in the URL
  const char* label;  // as on the button
};
constexpr VerbName verbs[] = {
    {Verb::refresh, "refresh", "Refresh"},
    {Verb::restart_all, "restartall", "Restart All"},
    {Verb::stop_all, "stopall", "Stop All"},
    {Verb::start, "start", "Start"},
    {Verb::stop, "stop", "Stop"},
    {Verb::restart, "restart", "Restart"},
    {Verb::clear_log, "clearlog", "Clear Log"},
};

const VerbName& row_of(Verb verb) {
  for (const auto& row : verbs) {
    if (row.verb == verb) return row;
  }
  return verbs[0];
}

bool wants_process(Verb verb) {
  return verb != Verb::refresh && verb != Verb::restart_all && verb != Verb::stop_all;
}

/// As Python's time.ctime(): "Wed Nov 25 03:06:08 2026".
std::string ctime_text(std::time_t at) {
  return fmt::format("{:%a %b} {:2} {:%H:%M:%S %Y}", fmt::localtime(at), fmt::localtime(at).tm_mday,
                     fmt::localtime(at));
}

/// XML-RPC's number and name, as Supervisor's texts quote them.
std::string rpc_fault(Fault fault) {
  switch (fault) {
    case Fault::unknown_method: return "[1] UNKNOWN_METHOD";
    case Fault::bad_arguments: return "[3] BAD_ARGUMENTS";
    case Fault::shutdown_state: return "[6] SHUTDOWN_STATE";
    case Fault::bad_name: return "[10] BAD_NAME";
    case Fault::bad_signal: return "[11] BAD_SIGNAL";
    case Fault::no_file: return "[20] NO_FILE";
    case Fault::not_executable: return "[21] NOT_EXECUTABLE";
    case Fault::none:
    case Fault::failed: return "[30] FAILED";
    case Fault::abnormal_termination: return "[40] ABNORMAL_TERMINATION";
    case Fault::spawn_error: return "[50] SPAWN_ERROR";
    case Fault::already_started: return "[60] ALREADY_STARTED";
    case Fault::not_running: return "[70] NOT_RUNNING";
    case Fault::already_added: return "[90] ALREADY_ADDED";
    case Fault::still_running: return "[91] STILL_RUNNING";
    case Fault::cant_reread: return "[92] CANT_REREAD";
  }
  return "[30] FAILED";
}

std::string unexpected(Fault fault, const std::string& name) {
  return fmt::format("unexpected rpc fault {}: {}", rpc_fault(fault), name);
}

std::string start_error(Fault fault, const std::string& name) {
  const auto text = [&]() -> std::string {
    if (fault == Fault::no_file) return "no such file";
    if (fault == Fault::not_executable) return "file not executable";
    if (fault == Fault::already_started) return "already started";
    if (fault == Fault::spawn_error) return "spawn error";
    if (fault == Fault::abnormal_termination) return "abnormal termination";
    return unexpected(fault, name);
  };
  return fmt::format("ERROR: Process {}: {}", name, text());
}

std::string display_name(const Outcome& outcome) {
  return outcome.group == outcome.process ? outcome.group : outcome.group + ":" + outcome.process;
}

constexpr std::size_t most_named = 5;  // of those that failed in one action

struct Carrying {
  Action action;
  std::time_t now;
  std::function<void(const ActionEnd&)> done;
  control::InterestPtr interest;
  std::vector<std::string> failures;

  bool is_all() const { return !wants_process(action.verb); }
  bool is_group() const { return action.process.ends_with(":*") || action.process.ends_with(':'); }

  void stopped(const Outcome& outcome) {
    if (outcome.fault == Fault::none) return;
    // That part of an "all", a group or a restart was down already is no failure.
    const bool was_down = outcome.fault == Fault::not_running;
    if (was_down && (is_all() || is_group() || action.verb == Verb::restart)) return;
    failures.push_back(unexpected(outcome.fault, display_name(outcome)));
  }
  void started(const Outcome& outcome) {
    if (outcome.fault == Fault::none) return;
    if (outcome.fault == Fault::already_started && is_group()) return;
    failures.push_back(start_error(outcome.fault, display_name(outcome)));
  }

  std::string success() const {
    switch (action.verb) {
      case Verb::refresh: return "Page refreshed at " + ctime_text(now);
      case Verb::restart_all: return "All restarted at " + ctime_text(now);
      case Verb::stop_all: return "All stopped at " + ctime_text(now);
      case Verb::start: return "Process " + action.process + " started";
      case Verb::stop: return "Process " + action.process + " stopped";
      case Verb::restart: return "Process " + action.process + " restarted";
      case Verb::clear_log: return "Log for " + action.process + " cleared";
    }
    return "";
  }

  ActionEnd result(const Ending& ending) const {
    if (ending.fault == Fault::bad_name) {
      return {"No such process named " + action.process, true};
    }
    if (ending.fault != Fault::none) {
      return {unexpected(ending.fault, is_all() ? "all" : action.process), true};
    }
    if (failures.empty()) return {success(), false};
    std::string text = failures.front();
    for (std::size_t at = 1; at < failures.size() && at < most_named; ++at) {
      text += "; " + failures[at];
    }
    if (failures.size() > most_named) {
      text += fmt::format("; and {} more", failures.size() - most_named);
    }
    return {text, true};
  }
  /// Whoever hears it may drop this.
  void end(const Ending& ending) {
    const auto told = std::move(done);
    told(result(ending));
  }

  void clear_logs(control::Control& control);
};

/// Both logs of each process that is named; a log that is not there needs no clearing.
void Carrying::clear_logs(control::Control& control) {
  const auto rows = control.status({action.process});
  if (!rows) return end({Fault::bad_name, ""});
  for (const auto& row : *rows) {
    for (const auto channel : {control::Channel::stdout_log, control::Channel::stderr_log}) {
      const auto ending = control.clear_log({row.group + ":" + row.name, channel});
      if (ending.fault == Fault::none || ending.fault == Fault::no_file) continue;
      failures.push_back(unexpected(ending.fault, row.display_name()));
    }
  }
  end({});
}

}  // namespace

std::optional<Action> action_of(const std::map<std::string, std::string>& fields) {
  const auto name = fields.find("action");
  if (name == fields.end()) return std::nullopt;
  for (const auto& row : verbs) {
    if (name->second != row.name) continue;
    if (!wants_process(row.verb)) return Action{row.verb, ""};
    const auto process = fields.find("processname");
    if (process == fields.end() || process->second.empty()) return std::nullopt;
    return Action{row.verb, process->second};
  }
  return std::nullopt;
}

std::string verb_text(const Action& action) { return row_of(action.verb).label; }

std::string question(const Action& action) {
  switch (action.verb) {
    case Verb::refresh:
    case Verb::restart_all:
    case Verb::stop_all: return verb_text(action) + "?";
    case Verb::start:
    case Verb::stop:
    case Verb::restart: return verb_text(action) + " " + action.process + "?";
    case Verb::clear_log: return "Clear the logs of " + action.process + "?";
  }
  return "";
}

std::string target(const Action& action) {
  const std::string name = row_of(action.verb).name;
  if (action.process.empty()) return "index.html?action=" + name;
  return "index.html?processname=" + url_encoded(action.process) + "&action=" + name;
}

std::shared_ptr<void> carry_out(const Action& action, control::Control& control, std::time_t now,
                                std::function<void(const ActionEnd&)> done) {
  const auto carrying = std::make_shared<Carrying>();
  carrying->action = action;
  carrying->now = now;
  carrying->done = std::move(done);
  // The callbacks must not keep `carrying`: it keeps the interest that keeps them.
  Carrying& self = *carrying;
  const auto wait = control::Wait::until_settled;
  const auto stopped = [&self](const Outcome& outcome) { self.stopped(outcome); };
  const auto started = [&self](const Outcome& outcome) { self.started(outcome); };
  const auto end = [&self](const Ending& ending) { self.end(ending); };
  const std::vector<std::string> selectors{action.process.empty() ? "all" : action.process};
  switch (action.verb) {
    case Verb::refresh: self.end({}); break;
    case Verb::clear_log: self.clear_logs(control); break;
    case Verb::start: self.interest = control.start(selectors, wait, started, end); break;
    case Verb::stop_all:
    case Verb::stop: self.interest = control.stop(selectors, wait, stopped, end); break;
    case Verb::restart_all:
    case Verb::restart:
      self.interest = control.restart(selectors, wait, {stopped, started}, end);
      break;
  }
  return carrying;
}

}  // namespace supervisord::web
