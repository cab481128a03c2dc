// The table of commands -> scripts that complete them in bash, zsh and fish, and the manual's page.
// Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/options.hpp"
#include "supervisorctl/output/flags.hpp"

namespace supervisorctl {

/// What a command's words name.
enum class Takes { nothing, commands, groups, processes, files, shells, event_types };

/// A row of the table, as far as a shell or a reader needs it.
struct CommandRow {
  std::string_view name;
  Takes takes;
  std::string_view help;  // a line for each way to call it, tabs before what it does
  std::span<const Flag> flags;
};

/// "" for a shell that is none of bash, zsh, fish.
std::string completion_script(std::string_view shell, std::span<const CommandRow> commands,
                              std::span<const common::Option> options);
/// supervisorctl.1
std::string manual_page(std::span<const CommandRow> commands,
                        std::span<const common::Option> options);

}  // namespace supervisorctl
