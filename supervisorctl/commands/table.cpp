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

constexpr std::array table{
    Command{"add", Arguments::any, run_add, "add <name> [...]\tPut a configured group into use"},
    Command{"avail", Arguments::none, run_avail, "avail\t\t\tList all configured processes"},
    Command{"clear", Arguments::any, run_clear,
            "clear <name>\t\tEmpty a process's logs\nclear <name> <name>\tEmpty the logs of "
            "several processes\n"
            "clear all\t\tEmpty the logs of all processes"},
    Command{"exit", Arguments::any, run_quit, "exit\tLeave the shell"},
    Command{"help", Arguments::any, run_help,
            "help\t\tList the commands\nhelp <command>\tSay how a command is used"},
    Command{"maintail", Arguments::any, run_maintail,
            "maintail -f\tFollow supervisord's own log (Ctrl-C ends it)\n"
            "maintail -100\tThe last 100 bytes of it\nmaintail\tThe last 1600 bytes of it"},
    Command{"open", Arguments::any, run_open,
            "open <url>\tTalk to another supervisord (unix:///path, http://host:port)"},
    Command{"pid", Arguments::any, run_pid,
            "pid\t\t\tThe pid of supervisord\npid <name>\t\tThe pid of a process\n"
            "pid all\t\t\tThe pids of all processes, one a line"},
    Command{"quit", Arguments::any, run_quit, "quit\tLeave the shell"},
    Command{"reload", Arguments::none, run_reload, "reload \t\tRestart the remote supervisord"},
    Command{"remove", Arguments::any, run_remove,
            "remove <name> [...]\tTake a stopped group out of use"},
    Command{"reread", Arguments::none, run_reread,
            "reread \t\t\tRead the configuration files again and say what changed, with nothing "
            "added or removed"},
    Command{
        "restart", Arguments::any, run_restart,
        "restart <name>\t\tRestart a process\nrestart <gname>:*\tRestart all processes of a group\n"
        "restart <name> <name>\tRestart several processes or groups\nrestart all\t\tRestart all "
        "processes\n"
        "Note: this does not read the configuration again; see reread and update."},
    Command{"shutdown", Arguments::none, run_shutdown,
            "shutdown \tShut the remote supervisord down"},
    Command{"signal", Arguments::any, run_signal,
            "signal <signal name> <name>\t\tSignal a process\n"
            "signal <signal name> <gname>:*\t\tSignal all processes of a group\n"
            "signal <signal name> <name> <name>\tSignal several processes or groups\n"
            "signal <signal name> all\t\tSignal all processes"},
    Command{
        "start", Arguments::any, run_start,
        "start <name>\t\tStart a process\nstart <gname>:*\t\tStart all processes of a group\n"
        "start <name> <name>\tStart several processes or groups\nstart all\t\tStart all processes"},
    Command{"status", Arguments::any, run_status,
            "status <name>\t\tThe state of a process\nstatus <gname>:*\tThe states of a group's "
            "processes\n"
            "status <name> <name>\tThe states of several processes\nstatus\t\t\tThe states of all "
            "processes"},
    Command{"stop", Arguments::any, run_stop,
            "stop <name>\t\tStop a process\nstop <gname>:*\t\tStop all processes of a group\n"
            "stop <name> <name>\tStop several processes or groups\nstop all\t\tStop all processes"},
    Command{"tail", Arguments::any, run_tail,
            "tail [-f] <name> [stdout|stderr] (default stdout)\ntail -f <name>\t\tFollow a "
            "process's stdout (Ctrl-C ends "
            "it)\ntail -100 <name>\tThe last 100 bytes of its stdout\ntail <name> stderr\tThe last "
            "1600 bytes of its "
            "stderr"},
    Command{"update", Arguments::any, run_update,
            "update\t\t\tRead the configuration again and take it into force; what changed is "
            "restarted\n"
            "update all\t\tThe same\nupdate <gname> [...]\tThe same for some groups only"},
    Command{"upgrade", Arguments::none, run_upgrade,
            "upgrade\t\tPut the installed supervisord in force; all processes run on"},
    Command{"version", Arguments::none, run_version,
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
  if (command != nullptr) return session.print(command->help);
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
  session.print(find_command(command)->help);
}

void run_line(Session& session, std::string_view line) {
  line = trimmed(line);
  if (line.empty()) return;
  std::string question;
  if (line.front() == '?') line = question = "help " + std::string{line.substr(1)};
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

}  // namespace supervisorctl
