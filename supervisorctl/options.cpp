#include "supervisorctl/options.hpp"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

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
           "where supervisord listens: unix:///path, http://host:port, grpc://host:port"},
    Option{'u', "username", "NAME", "who asks"},
    Option{'p', "password", "TEXT", "and the word for it"},
    Option{'r', "history_file", "FILE", "where the shell keeps its history"},
};

/// argv[0]'s folder begins the search; a program that was found through PATH has none there.
std::string located(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? program : self.string();
}

common::Result<std::string> content_of(const std::string& file) {
  if (::access(file.c_str(), F_OK) != 0) {
    return common::Error{common::Errc::not_found, "could not find config file " + file};
  }
  std::ifstream in{file, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (!in.is_open() || in.bad()) {
    return common::Error{common::Errc::closed, "could not read config file " + file};
  }
  return text;
}

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> out;
  for (char** each = ::environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view pair{*each};
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos)
      out.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return out;
}

common::Result<CtlSettings> settings_of(const common::ParsedOptions& given,
                                        const std::string& program) {
  // What a script says in full needs no file: a sixth of the time that a command takes.
  if (given.has("serverurl") && !given.has("configuration") && given.has("username") &&
      given.has("password"))
    return CtlSettings{};
  std::string file = given.value("configuration");
  if (file.empty()) {
    const auto exists = [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; };
    file = common::find_config(located(program), exists).value_or("");
  }
  if (file.empty()) return CtlSettings{};
  const auto text = content_of(file);
  if (!text) return text.error();
  const auto section =
      common::read_ctl_section(*text, std::filesystem::absolute(file).string(), environment());
  if (!section) return section.error();
  const common::CtlSection& own = *section;
  return CtlSettings{own.serverurl, own.username, own.password, own.prompt, own.history_file};
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
  auto settings = settings_of(given, program);
  if (!settings) return settings.error();
  out.settings = *std::move(settings);
  if (given.has("serverurl")) out.settings.serverurl = given.value("serverurl");
  if (given.has("username")) out.settings.username = given.value("username");
  if (given.has("password")) out.settings.password = given.value("password");
  if (given.has("history_file")) out.settings.history_file = given.value("history_file");
  out.interactive = given.has("interactive");
  for (const std::string& word : given.rest) out.line += (out.line.empty() ? "" : " ") + word;
  return out;
}

std::string help_text(const std::string& program) {
  return "supervisorctl -- asks supervisord, and tells it what to do.\n\nUsage: " + program +
         " [options] [action [arguments]]\n\nOptions:\n" + common::options_help(table) +
         "\nWithout an action: a shell that takes one action a line. \"help\" lists the actions.\n";
}

}  // namespace supervisorctl
