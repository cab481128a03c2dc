// What a command is, and what it is given. A command prints as it goes and leaves an exit status.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "supervisorctl/client.hpp"
#include "supervisorctl/line_input.hpp"
#include "supervisorctl/output/completion.hpp"

namespace supervisorctl {

/// Where the server's address was found: what is told when nobody is there.
struct AddressOrigin {
  std::string from;                 // "-s", "serverurl in [supervisorctl] of /etc/x.conf"
  std::string config_file;          // the one that was read; "" for none
  std::vector<std::string> looked;  // where one was looked for, when there is none
};

/// What standard output is.
struct Screen {
  bool is_terminal = false;
  bool colour = false;  // a terminal, and NO_COLOR is not set
  static Screen of_stdout();
  /// Columns and rows of the terminal now; 80 and 24 where it does not say.
  static std::pair<std::size_t, std::size_t> size();
};

/// What a command works with. All text goes to standard output, as with Supervisor; only hints for
/// a person and the connection errors of `tail -f` go to standard error. print(), write() and
/// hint() may be called on any thread.
class Session {
 public:
  Session(std::unique_ptr<Client> client, bool interactive, AddressOrigin origin = {})
      : interactive_{interactive}, origin_{std::move(origin)} {
    switch_to(std::move(client), origin_);
  }

  Client& client() const { return *client_.load(); }
  void switch_to(std::unique_ptr<Client> client, AddressOrigin origin);
  const AddressOrigin& origin() const { return origin_; }
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
  LineInput& input() { return input_; }
  const Screen& screen() const { return screen_; }

  /// Connects, or says why not, with the exit status of that.
  bool is_up();
  /// Says why a call failed, in the words for what no command knows better. Exit status 1.
  void fail(const Failure& failure);
  /// Whether a call was refused for want of a name and password, and these were asked for since:
  /// the line is to be run again. Asks nobody in a script.
  bool has_new_credentials();

 private:
  void tell_unreachable(const Failure& failure);

  std::vector<std::unique_ptr<Client>> clients_;  // those of earlier addresses too: a thread may
                                                  // still be about to cancel one
  std::atomic<Client*> client_ = nullptr;
  bool interactive_;
  AddressOrigin origin_;
  LineInput input_{0};
  Screen screen_ = Screen::of_stdout();
  bool credentials_wanted_ = false;
  int exit_status_ = 0;
};

enum class Arguments {
  none,
  any,     // split at blanks, as Supervisor does
  quoted,  // ours: as a shell would quote them
};

struct Command {
  std::string_view name;
  Arguments arguments;
  Takes takes;
  void (*run)(Session& session, std::string_view arguments);
  std::string_view help;  // a line for each way to call it: "start <name>\t\tStart a process"
  std::span<const Flag> flags = {};
};

std::span<const Command> commands();  // sorted by name
const Command* find_command(std::string_view name);
/// Runs one line: the first word is the command.
void run_line(Session& session, std::string_view line);

}  // namespace supervisorctl
