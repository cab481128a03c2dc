// All commands, one row each: serves running and help.
#include <algorithm>
#include <array>
#include <vector>

#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/name.hpp"
#include "supervisorctl/output/table.hpp"

namespace supervisorctl {
namespace {

void run_help(Session& session, std::string_view arguments);
/// The shell looks for it itself.
void run_quit(Session& session, std::string_view) { session.write("\n"); }

constexpr Flag timeout_flag{"--timeout", "SECONDS", "of the whole command; then exit status 7"};
constexpr Flag no_wait_flag{"--no-wait", "", "come back when it is asked for"};
constexpr std::array start_flags{
    Flag{"--wait", "", "also while it is tried again: until it is RUNNING or given up"},
    no_wait_flag, timeout_flag};
constexpr std::array stop_flags{no_wait_flag, timeout_flag};
constexpr std::array restart_flags{
    start_flags[0], no_wait_flag, timeout_flag,
    Flag{"--rolling", "", "one after the other; ends at the first that does not come up"},
    Flag{"--batch", "N", "rolling, N at a time"}};
constexpr std::array status_flags{
    Flag{"--json", "", "for scripts: a list, or with --watch an object a line"},
    Flag{"--watch", "", "live, as the daemon tells it, until Ctrl-C"}};
constexpr std::array events_flags{Flag{"--json", "", "an object a line"}};
constexpr std::array describe_flags{
    Flag{"--json", "", "as an object"},
    Flag{"--show-secrets", "", "secret variables too, for who is an admin to the daemon"}};
constexpr std::array logs_flags{
    Flag{"-f", "", "then what comes, until Ctrl-C"},
    Flag{"-n", "LINES", "so many of the last lines (100)"},
    Flag{"--since", "TIME",
         "lines from then on: 90s, 5m, 2h, 1d, 12:00 or '2026-11-25 12:00'; by "
         "the time that they begin with"},
    Flag{"--grep", "REGEX", "lines in which it is found"},
    Flag{"--stdout", "", "no standard error"},
    Flag{"--stderr", "", "no standard output"}};
constexpr std::array top_flags{Flag{"--sort", "KEY", "by cpu, memory, restarts or name"},
                               Flag{"--once", "", "one table, as without a terminal"}};

constexpr std::array table{
    Command{"add", Arguments::any, Takes::groups, run_add,
            "add <name> [...]\tPut a configured group into use"},
    Command{"avail", Arguments::none, Takes::nothing, run_avail,
            "avail\t\t\tList all configured processes"},
    Command{"check", Arguments::any, Takes::files, run_check,
            "check\t\tSay what is wrong with the configuration, as supervisord --check does\n"
            "check <file>\tThe same for another file"},
    Command{"clear", Arguments::any, Takes::processes, run_clear,
            "clear <name>\t\tEmpty a process's logs\nclear <name> <name>\tEmpty the logs of "
            "several processes\n"
            "clear all\t\tEmpty the logs of all processes"},
    Command{"completion", Arguments::any, Takes::shells, run_completion,
            "completion bash|zsh|fish\tA script that completes commands and names\n"
            "completion man\tThe manual's page"},
    Command{"describe", Arguments::any, Takes::processes, run_describe,
            "describe <name>\tAll that is known of a process: state, last exits, sockets, "
            "configuration, environment",
            describe_flags},
    Command{"events", Arguments::any, Takes::event_types, run_events,
            "events\t\tWhat happens, a line each, until Ctrl-C\n"
            "events <type> [...]\tThese types and those below them (PROCESS_STATE)",
            events_flags},
    Command{"exit", Arguments::any, Takes::nothing, run_quit, "exit\tLeave the shell"},
    Command{"fg", Arguments::any, Takes::processes, run_fg,
            "fg <process>\tTalk to a process: its output here, what is typed to its standard input "
            "(Ctrl-C or Ctrl-D ends it)"},
    Command{"help", Arguments::any, Takes::commands, run_help,
            "help\t\tList the commands\nhelp <command>\tSay how a command is used"},
    Command{"logs", Arguments::quoted, Takes::processes, run_logs,
            "logs <name> [...]\tThe last lines of the logs of one or more processes, each with the "
            "name of whose it is",
            logs_flags},
    Command{"maintail", Arguments::any, Takes::nothing, run_maintail,
            "maintail -f\tFollow supervisord's own log (Ctrl-C ends it)\n"
            "maintail -100\tThe last 100 bytes of it\nmaintail\tThe last 1600 bytes of it"},
    Command{"open", Arguments::any, Takes::nothing, run_open,
            "open <url>\tTalk to another supervisord (unix:///path, http://host:port)"},
    Command{"pid", Arguments::any, Takes::processes, run_pid,
            "pid\t\t\tThe pid of supervisord\npid <name>\t\tThe pid of a process\n"
            "pid all\t\t\tThe pids of all processes, one a line"},
    Command{"quit", Arguments::any, Takes::nothing, run_quit, "quit\tLeave the shell"},
    Command{
        "reload", Arguments::any, Takes::processes, run_reload,
        "reload \t\tRestart the remote supervisord\n"
        "reload <name> [...]\tSend each process its reloadsignal (HUP), by which most read their "
        "configuration again"},
    Command{"remove", Arguments::any, Takes::groups, run_remove,
            "remove <name> [...]\tTake a stopped group out of use"},
    Command{"reread", Arguments::none, Takes::nothing, run_reread,
            "reread \t\t\tRead the configuration files again and say what changed, with nothing "
            "added or removed"},
    Command{
        "restart", Arguments::any, Takes::processes, run_restart,
        "restart <name>\t\tRestart a process\nrestart <gname>:*\tRestart all processes of a group\n"
        "restart <name> <name>\tRestart several processes or groups\nrestart all\t\tRestart all "
        "processes\n"
        "Note: this does not read the configuration again; see reread and update.",
        restart_flags},
    Command{"shutdown", Arguments::none, Takes::nothing, run_shutdown,
            "shutdown \tShut the remote supervisord down"},
    Command{"signal", Arguments::any, Takes::processes, run_signal,
            "signal <signal name> <name>\t\tSignal a process\n"
            "signal <signal name> <gname>:*\t\tSignal all processes of a group\n"
            "signal <signal name> <name> <name>\tSignal several processes or groups\n"
            "signal <signal name> all\t\tSignal all processes"},
    Command{
        "start", Arguments::any, Takes::processes, run_start,
        "start <name>\t\tStart a process\nstart <gname>:*\t\tStart all processes of a group\n"
        "start <name> <name>\tStart several processes or groups\nstart all\t\tStart all processes",
        start_flags},
    Command{"status", Arguments::any, Takes::processes, run_status,
            "status <name>\t\tThe state of a process\nstatus <gname>:*\tThe states of a group's "
            "processes\n"
            "status <name> <name>\tThe states of several processes\nstatus\t\t\tThe states of all "
            "processes",
            status_flags},
    Command{"stop", Arguments::any, Takes::processes, run_stop,
            "stop <name>\t\tStop a process\nstop <gname>:*\t\tStop all processes of a group\n"
            "stop <name> <name>\tStop several processes or groups\nstop all\t\tStop all processes",
            stop_flags},
    Command{"tail", Arguments::any, Takes::processes, run_tail,
            "tail [-f] <name> [stdout|stderr] (default stdout)\ntail -f <name>\t\tFollow a "
            "process's stdout (Ctrl-C ends "
            "it)\ntail -100 <name>\tThe last 100 bytes of its stdout\ntail <name> stderr\tThe last "
            "1600 bytes of its "
            "stderr"},
    Command{"top", Arguments::any, Takes::processes, run_top,
            "top\t\tCPU, memory, restarts and uptime, live\ntop <name> [...]\tThe same of some",
            top_flags},
    Command{"update", Arguments::any, Takes::groups, run_update,
            "update\t\t\tRead the configuration again and take it into force; what changed is "
            "restarted\n"
            "update all\t\tThe same\nupdate <gname> [...]\tThe same for some groups only"},
    Command{"upgrade", Arguments::none, Takes::nothing, run_upgrade,
            "upgrade\t\tPut the installed supervisord in force; all processes run on"},
    Command{"version", Arguments::none, Takes::nothing, run_version,
            "version\t\t\tThe version of the remote supervisord"},
};

void run_help(Session& session, std::string_view arguments) {
  if (arguments.empty()) {
    constexpr std::string_view head = "default commands (type help <topic>):";
    constexpr std::size_t terminal_width = 79;
    std::vector<std::string_view> names;
    for (const Command& command : table) {
      if (command.name != "help") names.push_back(command.name);
    }
    session.write("\n" + std::string{head} + "\n" + std::string(head.size(), '=') + "\n" +
                  columns(names, terminal_width) + "\n");
    return;
  }
  const Command* const command = find_command(arguments);
  if (command != nullptr)
    return session.print(std::string{command->help} + flags_help(command->flags));
  session.print("*** No help on " + std::string{arguments});  // status 0, as with Supervisor
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

}  // namespace

std::span<const Command> commands() { return table; }

const Command* find_command(std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [name](const Command& row) { return row.name == name; });
  return found == table.end() ? nullptr : &*found;
}

void misuse(Session& session, std::string_view command, std::string_view what, int status) {
  session.print("Error: " + std::string{what});
  session.fail(status);
  const Command& row = *find_command(command);
  session.print(std::string{row.help} + flags_help(row.flags));
}

namespace {

void run_once(Session& session, std::string_view line) {
  const auto end = std::min(line.find_first_of(" \t"), line.size());
  const Command* const command = find_command(line.substr(0, end));
  if (command == nullptr) {
    session.print("*** Unknown syntax: " + std::string{line});
    return session.fail(exit_code::generic);
  }
  const std::string_view arguments = trimmed(line.substr(end));
  if (command->arguments == Arguments::none && !arguments.empty()) {
    return misuse(session, command->name, std::string{command->name} + " accepts no arguments",
                  exit_code::generic);
  }
  command->run(session, arguments);
}

}  // namespace

void run_line(Session& session, std::string_view line) {
  line = trimmed(line);
  if (line.empty()) return;
  std::string question;
  if (line.front() == '?') line = question = "help " + std::string{trimmed(line.substr(1))};
  const int before = session.exit_status();
  for (;;) {
    run_once(session, line);
    if (!session.has_new_credentials()) return;
    session.set_exit_status(before);
  }
}

}  // namespace supervisorctl
