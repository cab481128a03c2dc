// completion: the scripts and the manual's page that are made of the table of commands.
#include <string>
#include <vector>

#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/options.hpp"
#include "supervisorctl/output/completion.hpp"
#include "supervisorctl/output/exit_code.hpp"

namespace supervisorctl {

void run_completion(Session& session, std::string_view arguments) {
  std::vector<CommandRow> rows;
  for (const Command& command : commands())
    rows.push_back({command.name, command.takes, command.help, command.flags});
  const std::string text = arguments == "man" ? manual_page(rows, options())
                                              : completion_script(arguments, rows, options());
  if (!text.empty()) return session.write(text);
  misuse(session, "completion", "completion takes bash, zsh, fish or man", exit_code::usage);
}

}  // namespace supervisorctl
