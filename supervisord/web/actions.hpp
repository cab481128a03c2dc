// What the page's buttons do: an action out of a request, carried out by Control, and the message
// that tells what it came to. Names and texts are Supervisor's (manual, "Web Server"). On the
// daemon's loop.
#pragma once

#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "supervisord/control/control.hpp"

namespace supervisord::web {

enum class Verb { refresh, restart_all, stop_all, start, stop, restart, clear_log };

struct Action {
  Verb verb = Verb::refresh;
  std::string process;  // as written: "web", "web:web_0", "web:*"; "" for refresh and the "all"s
};

/// Out of the fields "action" and "processname". None: no such action, or one that wants a process
/// and has none.
std::optional<Action> action_of(const std::map<std::string, std::string>& fields);

/// "Stop", as on its button.
std::string verb_text(const Action& action);
/// "Stop web:web_0?"
std::string question(const Action& action);
/// "index.html?processname=web&action=stop"
std::string target(const Action& action);

struct ActionEnd {
  std::string message;
  bool is_error = false;
};

/// Carries an action out. `done` comes once, later or from within the call, when all is over; not
/// any more once what is returned has been dropped (what was begun goes on then). `now` is for the
/// texts that name the time.
std::shared_ptr<void> carry_out(const Action& action, control::Control& control, std::time_t now,
                                std::function<void(const ActionEnd&)> done);

}  // namespace supervisord::web
