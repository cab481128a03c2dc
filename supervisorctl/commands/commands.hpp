// The functions of the table: one for each command, by the file that holds it.
#pragma once

#include <string_view>

#include "supervisorctl/command.hpp"

namespace supervisorctl {

// status.cpp
void run_status(Session& session, std::string_view arguments);
void run_pid(Session& session, std::string_view arguments);
// lifecycle.cpp
void run_start(Session& session, std::string_view arguments);
void run_stop(Session& session, std::string_view arguments);
void run_restart(Session& session, std::string_view arguments);
void run_signal(Session& session, std::string_view arguments);
void run_clear(Session& session, std::string_view arguments);
// config.cpp
void run_reread(Session& session, std::string_view arguments);
void run_update(Session& session, std::string_view arguments);
void run_add(Session& session, std::string_view arguments);
void run_remove(Session& session, std::string_view arguments);
void run_avail(Session& session, std::string_view arguments);
// logs.cpp
void run_tail(Session& session, std::string_view arguments);
void run_maintail(Session& session, std::string_view arguments);
// many_logs.cpp
void run_logs(Session& session, std::string_view arguments);
// events.cpp
void run_events(Session& session, std::string_view arguments);
// top.cpp
void run_top(Session& session, std::string_view arguments);
// describe.cpp
void run_describe(Session& session, std::string_view arguments);
void run_check(Session& session, std::string_view arguments);
// completion.cpp
void run_completion(Session& session, std::string_view arguments);
// fg.cpp
void run_fg(Session& session, std::string_view arguments);
// daemon.cpp
void run_version(Session& session, std::string_view arguments);
void run_shutdown(Session& session, std::string_view arguments);
void run_reload(Session& session, std::string_view arguments);
void run_upgrade(Session& session, std::string_view arguments);
void run_open(Session& session, std::string_view arguments);

/// Says what is wrong with a command's arguments, then its help.
void misuse(Session& session, std::string_view command, std::string_view what, int status);

}  // namespace supervisorctl
