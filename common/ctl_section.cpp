#include "common/ctl_section.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "common/expand.hpp"
#include "common/ini.hpp"
#include "common/paths.hpp"

namespace common {
namespace {

constexpr std::string_view section_name = "supervisorctl";

std::string with_home(const std::string& path, const CtlSurroundings& surroundings) {
  const auto home = surroundings.environment.find("HOME");
  const bool in_home = path == "~" || path.starts_with("~/");
  if (!in_home || home == surroundings.environment.end()) return path;
  return home->second + path.substr(1);
}

/// The entry that counts: the section's last, else [DEFAULT]'s.
const IniEntry* find_entry(const IniDocument& document, std::string_view key) {
  for (const std::string_view section : {section_name, std::string_view{"DEFAULT"}}) {
    const auto last = std::find_if(
        document.entries.rbegin(), document.entries.rend(),
        [&](const IniEntry& entry) { return entry.section == section && entry.key == key; });
    if (last != document.entries.rend()) return &*last;
  }
  return nullptr;
}

Names names_for(const std::string& file, const CtlSurroundings& surroundings) {
  Names names;
  for (const auto& [key, value] : surroundings.environment) names.set("ENV_" + key, value);
  names.set("here", absolute(directory_of(file), surroundings.working_directory));
  return names;
}

}  // namespace

Result<CtlSection> ctl_section(std::string_view text, const std::string& file,
                               const CtlSurroundings& surroundings) {
  const IniDocument document = parse_ini(text, file);
  if (!document.errors.empty()) {
    const IniError& first = document.errors.front();
    return Error{Errc::bad_syntax, file + ":" + std::to_string(first.line) + ": " + first.text};
  }
  const bool there = std::any_of(document.sections.begin(), document.sections.end(),
                                 [](const IniSection& s) { return s.name == section_name; });
  if (!there) {
    return Error{Errc::missing, ".ini file does not include supervisorctl section"};
  }
  const Names names = names_for(file, surroundings);
  const auto value = [&](std::string_view key) -> Result<std::optional<std::string>> {
    const IniEntry* const entry = find_entry(document, key);
    if (entry == nullptr) return std::optional<std::string>{};
    auto expanded = expand(entry->value, names, std::string{section_name} + "." + std::string{key});
    if (expanded) return std::optional{std::move(*expanded)};
    return Error{expanded.error().code, file + ":" + std::to_string(entry->line) +
                                            ": [supervisorctl] " + std::string{key} + ": " +
                                            expanded.error().context};
  };

  CtlSection section;
  const auto serverurl = value("serverurl");
  if (!serverurl) return serverurl.error();
  const auto username = value("username");
  if (!username) return username.error();
  const auto password = value("password");
  if (!password) return password.error();
  const auto prompt = value("prompt");
  if (!prompt) return prompt.error();
  const auto history_file = value("history_file");
  if (!history_file) return history_file.error();

  section.serverurl = serverurl->value_or(section.serverurl);
  constexpr std::string_view unix_scheme = "unix://";
  if (section.serverurl.starts_with(unix_scheme)) {
    const std::string path = with_home(section.serverurl.substr(unix_scheme.size()), surroundings);
    section.serverurl = std::string{unix_scheme} + absolute(path, surroundings.working_directory);
  }
  section.username = *username;
  section.password = *password;
  section.prompt = prompt->value_or(section.prompt);
  if (*history_file && !(*history_file)->empty()) {
    section.history_file =
        absolute(with_home(**history_file, surroundings), surroundings.working_directory);
  }
  const std::pair<std::string_view, std::string*> files[] = {{"ca", &section.ca},
                                                             {"cert", &section.cert},
                                                             {"key", &section.key},
                                                             {"token_file", &section.token_file}};
  for (const auto& [key, into] : files) {
    const auto path = value(key);
    if (!path) return path.error();
    if (*path && !(*path)->empty())
      *into = absolute(with_home(**path, surroundings), surroundings.working_directory);
  }
  return section;
}

Result<CtlSection> read_ctl_section(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return Error{Errc::not_found, "could not find config file " + file};
  }
  std::ifstream stream{file, std::ios::binary};
  if (!stream.is_open() || std::filesystem::is_directory(file, error)) {
    return Error{Errc::not_found, "could not read config file " + file};
  }
  const std::string text{std::istreambuf_iterator<char>{stream}, {}};
  CtlSurroundings surroundings;
  surroundings.working_directory = std::filesystem::current_path(error).string();
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view pair{*variable};
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    surroundings.environment.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return ctl_section(text, file, surroundings);
}

}  // namespace common
