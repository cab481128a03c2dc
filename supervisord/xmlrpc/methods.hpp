// Every method of the XML-RPC API, one row each: name, signature, help and the function; and the
// call by name. On the daemon's loop. Source: Supervisor manual, "XML-RPC API Documentation".
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

#include "supervisord/control/audit.hpp"
#include "supervisord/control/control.hpp"
#include "supervisord/xmlrpc/fault.hpp"
#include "supervisord/xmlrpc/value.hpp"

namespace supervisord::xmlrpc {

using Answer = std::variant<Value, Fault>;
using Reply = std::function<void(Answer)>;

/// One client's request while it is answered. Its calls come one after the other, so at most one
/// waits; whoever drops `waiting` hears no more of it.
struct Session {
  control::Control& control;
  control::Audit& audit;
  std::string who;  // for the audit lines
  control::InterestPtr waiting;
};
using SessionPtr = std::shared_ptr<Session>;

/// Answers at once.
using Immediate = Answer (*)(control::Control& control, const Array& arguments);
/// Calls `reply` once, from within or later.
using Waiting = void (*)(const SessionPtr& session, const Array& arguments, Reply reply);

struct Method {
  std::string_view name;
  /// Types, the result's first, by blanks: "boolean string boolean?"; `?`: may be left out.
  std::string_view signature;
  std::string_view help;
  std::variant<Immediate, Waiting> function;
  bool while_ending = false;  // else it is refused while the daemon ends or restarts
};

/// By name.
std::span<const Method> methods();
const Method* find_method(std::string_view name);

/// Whether it changes something, and so is told in the log.
bool is_change(const Method& method);

/// Calls `reply` once, from within or later.
void call(const SessionPtr& session, std::string_view method, const Array& arguments, Reply reply);

}  // namespace supervisord::xmlrpc
