#include "supervisorctl/output/completion.hpp"

#include <algorithm>

#include "common/roff.hpp"

namespace supervisorctl {
namespace {

template <class Rows, class Text>
std::string joined(const Rows& rows, std::string_view between, const Text& text) {
  std::string out;
  for (const auto& row : rows) {
    if (!out.empty()) out += between;
    out += text(row);
  }
  return out;
}

std::string names_of(std::span<const CommandRow> commands) {
  return joined(commands, " ", [](const CommandRow& row) { return std::string{row.name}; });
}

std::string flags_of(const CommandRow& row) {
  return joined(row.flags, " ", [](const Flag& flag) { return std::string{flag.name}; });
}

/// The commands whose words are of one kind, as "a|b|c".
std::string taking(std::span<const CommandRow> commands, Takes takes, std::string_view between) {
  std::string out;
  for (const CommandRow& row : commands) {
    if (row.takes != takes) continue;
    if (!out.empty()) out += between;
    out += row.name;
  }
  return out;
}

/// "-c --configuration"
std::string spellings(const common::Option& option) {
  std::string out;
  if (option.short_name != 0) out += std::string{"-"} + option.short_name;
  if (!option.long_name.empty())
    out += (out.empty() ? "--" : " --") + std::string{option.long_name};
  return out;
}

std::string options_of(std::span<const common::Option> options) {
  return joined(options, " ", spellings);
}

/// The options that the next word belongs to, as "-c|--configuration|...".
std::string options_with_value(std::span<const common::Option> options) {
  std::string out;
  for (const common::Option& option : options) {
    if (option.argument.empty()) continue;
    std::string words = spellings(option);
    std::ranges::replace(words, ' ', '|');
    out += (out.empty() ? "" : "|") + words;
  }
  return out;
}

/// Behind the tabs of the first line of help: what the command does.
std::string_view summary(const CommandRow& row) {
  const std::string_view line = row.help.substr(0, row.help.find('\n'));
  const auto tab = line.find_last_of('\t');
  return tab == std::string_view::npos ? line : line.substr(tab + 1);
}

// Names come from `status`, which costs a few milliseconds; G:* stands beside G:P.
constexpr std::string_view names_in_shell =
    "status 2>/dev/null | while read -r name rest; do case $name in *:*) printf '%s\\n%s\\n' "
    "\"$name\" \"${name%%:*}:*\" ;; *) printf '%s\\n' \"$name\" ;; esac; done | sort -u";

std::string bash(std::span<const CommandRow> commands, std::span<const common::Option> options) {
  std::string out =
      "# bash completion of supervisorctl and ctl; made by: supervisorctl completion bash\n"
      "_supervisorctl() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} command= before=() i\n"
      "  COMPREPLY=()\n"
      "  COMP_WORDBREAKS=${COMP_WORDBREAKS//:/}\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n"
      "      " +
      options_with_value(options) +
      ") before+=(\"${COMP_WORDS[i]}\" \"${COMP_WORDS[i+1]}\"); ((i++)) ;;\n"
      "      -*) before+=(\"${COMP_WORDS[i]}\") ;;\n"
      "      *) command=${COMP_WORDS[i]}; break ;;\n"
      "    esac\n"
      "  done\n"
      "  if [[ -z $command ]]; then\n"
      "    case ${COMP_WORDS[COMP_CWORD-1]} in\n"
      "      -c|--configuration|-r|--history_file) COMPREPLY=($(compgen -f -- \"$word\")); return "
      ";;\n"
      "    esac\n"
      "    COMPREPLY=($(compgen -W '" +
      names_of(commands) + " " + options_of(options) +
      "' -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  if [[ $word == -* ]]; then\n"
      "    case $command in\n";
  for (const CommandRow& row : commands) {
    if (row.flags.empty()) continue;
    out += "      " + std::string{row.name} + ") COMPREPLY=($(compgen -W '" + flags_of(row) +
           "' -- \"$word\")) ;;\n";
  }
  out +=
      "    esac\n"
      "    return\n"
      "  fi\n"
      "  case $command in\n"
      "    " +
      taking(commands, Takes::processes, "|") +
      ")\n"
      "      COMPREPLY=($(compgen -W \"all $(\"${COMP_WORDS[0]}\" \"${before[@]}\" " +
      std::string{names_in_shell} +
      ")\" -- \"$word\")) ;;\n"
      "    " +
      taking(commands, Takes::groups, "|") +
      ")\n"
      "      COMPREPLY=($(compgen -W \"$(\"${COMP_WORDS[0]}\" \"${before[@]}\" avail 2>/dev/null | "
      "sed 's/[: ].*//' | sort -u)\" -- \"$word\")) ;;\n"
      "    " +
      taking(commands, Takes::commands, "|") + ") COMPREPLY=($(compgen -W '" + names_of(commands) +
      "' -- \"$word\")) ;;\n"
      "    " +
      taking(commands, Takes::files, "|") +
      ") COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
      "    " +
      taking(commands, Takes::shells, "|") +
      ") COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$word\")) ;;\n"
      "  esac\n"
      "}\n"
      "complete -F _supervisorctl supervisorctl ctl\n";
  return out;
}

std::string in_single_quotes(std::string_view text) {
  std::string out;
  for (const char letter : text) out += letter == '\'' ? std::string{"'\\''"} : std::string{letter};
  return out;
}

std::string zsh(std::span<const CommandRow> commands, std::span<const common::Option> options) {
  std::string out =
      "#compdef supervisorctl ctl\n"
      "# zsh completion of supervisorctl and ctl; made by: supervisorctl completion zsh\n"
      "_supervisorctl() {\n"
      "  local command= i\n"
      "  local -a before commands\n"
      "  commands=(\n";
  for (const CommandRow& row : commands)
    out += "    '" + std::string{row.name} + ":" + in_single_quotes(summary(row)) + "'\n";
  out +=
      "  )\n"
      "  for ((i = 2; i < CURRENT; i++)); do\n"
      "    case ${words[i]} in\n"
      "      (" +
      options_with_value(options) +
      ") before+=(\"${words[i]}\" \"${words[i+1]}\"); ((i++)) ;;\n"
      "      (-*) before+=(\"${words[i]}\") ;;\n"
      "      (*) command=${words[i]}; break ;;\n"
      "    esac\n"
      "  done\n"
      "  if [[ -z $command ]]; then\n"
      "    case ${words[CURRENT-1]} in\n"
      "      (-c|--configuration|-r|--history_file) _files; return ;;\n"
      "    esac\n"
      "    if [[ $PREFIX == -* ]]; then compadd -- " +
      options_of(options) +
      "; else _describe command commands; fi\n"
      "    return\n"
      "  fi\n"
      "  if [[ $PREFIX == -* ]]; then\n"
      "    case $command in\n";
  for (const CommandRow& row : commands) {
    if (row.flags.empty()) continue;
    out += "      (" + std::string{row.name} + ") compadd -- " + flags_of(row) + " ;;\n";
  }
  out +=
      "    esac\n"
      "    return\n"
      "  fi\n"
      "  case $command in\n"
      "    (" +
      taking(commands, Takes::processes, "|") +
      ") compadd -- all ${(f)\"$(\"${words[1]}\" \"${before[@]}\" " + std::string{names_in_shell} +
      ")\"} ;;\n"
      "    (" +
      taking(commands, Takes::groups, "|") +
      ") compadd -- ${(f)\"$(\"${words[1]}\" \"${before[@]}\" avail 2>/dev/null | sed 's/[: ].*//' "
      "| sort -u)\"} ;;\n"
      "    (" +
      taking(commands, Takes::commands, "|") +
      ") _describe command commands ;;\n"
      "    (" +
      taking(commands, Takes::files, "|") +
      ") _files ;;\n"
      "    (" +
      taking(commands, Takes::shells, "|") +
      ") compadd -- bash zsh fish ;;\n"
      "  esac\n"
      "}\n"
      "_supervisorctl \"$@\"\n";
  return out;
}

std::string fish(std::span<const CommandRow> commands, std::span<const common::Option> options) {
  std::string out =
      "# fish completion of supervisorctl and ctl; made by: supervisorctl completion fish\n"
      "function __supervisorctl_names\n"
      "  supervisorctl status 2>/dev/null | string match -r '^\\S+' | while read -l name\n"
      "    echo $name\n"
      "    string match -rq ':' -- $name; and string replace -r ':.*' ':*' -- $name\n"
      "  end | sort -u\n"
      "end\n"
      "for program in supervisorctl ctl\n"
      "  complete -c $program -f\n";
  for (const common::Option& option : options) {
    if (option.long_name.empty()) continue;
    out += "  complete -c $program";
    if (option.short_name != 0) out += std::string{" -s "} + option.short_name;
    out += " -l " + std::string{option.long_name} + (option.argument.empty() ? "" : " -r") +
           (option.argument == "FILE" ? " -F" : "") + " -d '" + std::string{option.help} + "'\n";
  }
  for (const CommandRow& row : commands) {
    const std::string name{row.name};
    std::string what{summary(row)};
    std::string escaped;
    for (const char letter : what)
      escaped += letter == '\'' ? std::string{"\\'"} : std::string{letter};
    out += "  complete -c $program -n __fish_use_subcommand -a " + name + " -d '" + escaped + "'\n";
    const std::string seen = "  complete -c $program -n '__fish_seen_subcommand_from " + name + "'";
    for (const Flag& flag : row.flags)
      out += seen + (flag.name.starts_with("--") ? " -l " : " -o ") +
             std::string{flag.name.substr(flag.name.starts_with("--") ? 2 : 1)} +
             (flag.argument.empty() ? "" : " -r") + "\n";
    switch (row.takes) {
      case Takes::processes: out += seen + " -a '(__supervisorctl_names) all'\n"; break;
      case Takes::groups:
        out += seen +
               " -a '(supervisorctl avail 2>/dev/null | string replace -r \"[: ].*\" \"\" | sort "
               "-u)'\n";
        break;
      case Takes::commands: out += seen + " -a '" + names_of(commands) + "'\n"; break;
      case Takes::files: out += seen + " -F\n"; break;
      case Takes::shells: out += seen + " -a 'bash zsh fish'\n"; break;
      case Takes::nothing:
      case Takes::event_types: break;
    }
  }
  return out + "end\n";
}

/// ".TP\n\fBcall\fR\nwhat it does\n" for each line of a command's help.
std::string roff_usage(std::string_view help) {
  std::string out;
  while (!help.empty()) {
    const auto end = std::min(help.find('\n'), help.size());
    const std::string_view line = help.substr(0, end);
    help.remove_prefix(std::min(end + 1, help.size()));
    const auto tab = line.find('\t');
    const auto text = line.find_first_not_of('\t', tab);
    if (tab == std::string_view::npos || text == std::string_view::npos) {
      out += ".PP\n" + common::roff(line) + "\n";
      continue;
    }
    std::string_view call = line.substr(0, tab);
    call = call.substr(0, call.find_last_not_of(' ') + 1);
    out += ".TP\n\\fB" + common::roff(call) + "\\fR\n" + common::roff(line.substr(text)) + "\n";
  }
  return out;
}

}  // namespace

std::string completion_script(std::string_view shell, std::span<const CommandRow> commands,
                              std::span<const common::Option> options) {
  if (shell == "bash") return bash(commands, options);
  if (shell == "zsh") return zsh(commands, options);
  if (shell == "fish") return fish(commands, options);
  return "";
}

std::string manual_page(std::span<const CommandRow> commands,
                        std::span<const common::Option> options) {
  std::string out =
      ".TH SUPERVISORCTL 1\n"
      ".SH NAME\n"
      "supervisorctl, ctl \\- ask supervisord, and tell it what to do\n"
      ".SH SYNOPSIS\n"
      ".B supervisorctl\n"
      "[\\fIoptions\\fR] [\\fIaction\\fR [\\fIarguments\\fR]]\n"
      ".SH DESCRIPTION\n"
      "Without an action: the status, then a shell that takes one action a line, with line "
      "editing, history and completion.\n"
      "A name is \\fBNAME\\fR, \\fBGROUP:NAME\\fR, \\fBGROUP:*\\fR, \\fBall\\fR, or a pattern such "
      "as \\fB'web*'\\fR.\n"
      ".SH OPTIONS\n";
  out += common::roff_options(options);
  out += ".SH ACTIONS\n";
  for (const CommandRow& row : commands) {
    out += ".SS " + std::string{row.name} + "\n" + roff_usage(row.help);
    for (const Flag& flag : row.flags)
      out += common::roff_entry(flag.name, flag.argument, flag.help);
  }
  out +=
      ".SH EXIT STATUS\n"
      ".TP\n0\nall went well; also start of what runs, and stop of what is down\n"
      ".TP\n1\nan unknown process, and what has no number of its own\n"
      ".TP\n2\na bad command line; start without a name, or of an unknown group\n"
      ".TP\n3\nstatus: something shown is down\n"
      ".TP\n4\nstatus: an unknown name, or no server; elsewhere: nobody listens at the address\n"
      ".TP\n5\nit is Supervisor's own daemon that answers, or no supervisord\n"
      ".TP\n7\nit could not be started, is down, or is late; no socket at the address\n"
      ".PP\nThe last failing item decides. Of the shell it is always 0.\n"
      ".SH ENVIRONMENT\n"
      ".TP\n\\fBNO_COLOR\\fR\nno colours on a terminal, when it is set and not empty\n"
      ".SH FILES\n"
      ".TP\n.I /etc/supervisor/supervisord.conf\n"
      "and the other places where supervisord looks: serverurl, username, password, prompt and "
      "history_file of [supervisorctl]\n"
      ".SH SEE ALSO\n"
      ".BR supervisord (8)\n";
  return out;
}

}  // namespace supervisorctl
