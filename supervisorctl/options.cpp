#include "supervisorctl/options.hpp"

#include <unistd.h>

#include <array>
#include <filesystem>

#include "common/config_search.hpp"
#include "common/ctl_section.hpp"
#include "common/options.hpp"
#include "supervisorctl/client.hpp"

namespace supervisorctl {
namespace {

using common::Option;

constexpr std::array table{
    Option{'c', "configuration", "FILE", "read this configuration file"},
    Option{'h', "help", "", "say this and end"},
    Option{'?', "", "", "the same"},
    Option{'i', "interactive", "", "ask back like the shell does"},
    Option{'s', "serverurl", "URL",
           "where supervisord listens: unix:///path, http://host:port, grpc://host:port, or "
           "grpcs://host:port by TLS"},
    Option{'u', "username", "NAME", "who asks"},
    Option{'p', "password", "TEXT", "and the word for it"},
    Option{'r', "history_file", "FILE", "where the shell keeps its history"},
    Option{.long_name = "ca",
           .argument = "FILE",
           .help = "grpcs: who signs the server's certificate; default: whom the system trusts",
           .gives_way = true},
    Option{.long_name = "cert",
           .argument = "FILE",
           .help = "grpcs: our certificate",
           .gives_way = true},
    Option{.long_name = "key", .argument = "FILE", .help = "and its key; default: in --cert"},
    Option{.long_name = "token-file",
           .argument = "FILE",
           .help = "the token that says who asks (with grpcs, or on this machine)"},
};

std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char letter : word) out += letter == '\'' ? std::string{"'\\''"} : std::string{letter};
  return out + "'";
}

/// argv[0]'s folder begins the search; a program that was found through PATH has none there.
std::string located(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? program : self.string();
}

/// Settings and their origin, as far as the command line does not say them.
common::Result<Invocation> from_file(const common::ParsedOptions& given,
                                     const std::string& program) {
  Invocation out;
  // What a script says in full needs no file: a sixth of the time that a command takes.
  if (given.has("serverurl") && !given.has("configuration") && given.has("username") &&
      given.has("password"))
    return out;
  std::string file = given.value("configuration");
  if (file.empty()) {
    const auto exists = [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; };
    const auto search = common::find_config_file(located(program), exists);
    file = search.file.value_or("");
    if (file.empty()) {
      out.origin = {"the default, as there is no configuration file", "", search.tried};
      return out;
    }
  }
  const auto section = common::read_ctl_section(file);
  if (!section) return section.error();
  out.settings = CtlSettings{section->serverurl,
                             section->username.value_or(""),
                             section->password.value_or(""),
                             section->prompt,
                             section->history_file,
                             {section->ca, section->cert, section->key, section->token_file}};
  out.origin = {"serverurl in [supervisorctl] of " + file, file, {}};
  return out;
}

/// The words joined, to be split again as Supervisor does; those of a command that takes quotes
/// keep their blanks.
std::string joined(const std::vector<std::string>& words) {
  const Command* const command = words.empty() ? nullptr : find_command(words.front());
  const bool is_quoted = command != nullptr && command->arguments == Arguments::quoted;
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    line += is_quoted && word != words.front() ? quoted(word) : word;
  }
  return line;
}

}  // namespace

common::Result<Invocation> read_invocation(const std::string& program,
                                           const std::vector<std::string>& words) {
  const auto parsed = common::parse_options(table, words);
  if (!parsed) return parsed.error();
  const common::ParsedOptions& given = *parsed;
  Invocation out;
  for (const auto& each : given.given)
    out.help |= each.option->short_name == 'h' || each.option->short_name == '?';
  if (out.help) return out;
  if (given.has("serverurl")) {
    const std::string url = given.value("serverurl");
    if (const auto address = parse_server_url(url); !address) {
      return common::Error{common::Errc::bad_value,
                           "invalid value for -s '" + url + "': " + address.error().text};
    }
  }
  auto found = from_file(given, program);
  if (!found) return found.error();
  out = *std::move(found);
  if (given.has("serverurl")) {
    out.settings.serverurl = given.value("serverurl");
    out.origin.from = "given with -s";
    out.origin.looked.clear();
  }
  if (given.has("username")) out.settings.username = given.value("username");
  if (given.has("password")) out.settings.password = given.value("password");
  if (given.has("history_file")) out.settings.history_file = given.value("history_file");
  Security& security = out.settings.security;
  if (given.has("ca")) security.ca = given.value("ca");
  if (given.has("cert")) security.certificate = given.value("cert");
  if (given.has("key")) security.key = given.value("key");
  if (given.has("token-file")) security.token_file = given.value("token-file");
  out.interactive = given.has("interactive");
  out.line = joined(given.rest);
  return out;
}

std::span<const common::Option> options() { return table; }

std::string help_text(const std::string& program) {
  return "supervisorctl -- asks supervisord, and tells it what to do.\n\nUsage: " + program +
         " [options] [action [arguments]]\n\nOptions:\n" + common::options_help(table) +
         "\nWithout an action: a shell that takes one action a line. \"help\" lists the actions.\n";
}

}  // namespace supervisorctl
