// What a command is, and what it is given. A command prints as it goes and leaves an exit status.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "supervisorctl/client.hpp"

namespace supervisorctl {

/// What a command works with. All text goes to standard output, as with Supervisor; only hints for
/// a person and the connection errors of `tail -f` go to standard error.
class Session {
 public:
  Session(std::unique_ptr<Client> client, bool interactive)
      : client_{std::move(client)}, interactive_{interactive} {}

  Client& client() { return *client_; }
  void switch_to(std::unique_ptr<Client> client) { client_ = std::move(client); }
  bool is_interactive() const { return interactive_; }
  int exit_status() const { return exit_status_; }
  void set_exit_status(int status) { exit_status_ = status; }
  /// The last failing item determines the status; success leaves it as it is.
  void fail(int status) {
    if (status != 0) exit_status_ = status;
  }

  void print(std::string_view line) const;  // and a newline
  void write(std::string_view text) const;
  void hint(std::string_view line) const;

  /// Connects, or says why not, with the exit status of that.
  bool is_up();
  /// Says why a call failed, in the words for what no command knows better. Exit status 1.
  void fail(const Failure& failure);

 private:
  void tell_unreachable(const Failure& failure);

  std::unique_ptr<Client> client_;
  bool interactive_;
  int exit_status_ = 0;
};

enum class Arguments { none, any };

struct Command {
  std::string_view name;
  Arguments arguments;
  void (*run)(Session& session,
              std::string_view arguments);  // null: the shell's own (quit, exit, help)
  std::string_view help;  // a line for each way to call it: "start <name>\t\tStart a process"
};

std::span<const Command> commands();  // sorted by name
const Command* find_command(std::string_view name);
/// Runs one line: the first word is the command.
void run_line(Session& session, std::string_view line);

}  // namespace supervisorctl
