#include "common/ctl_section.hpp"

#include <algorithm>
#include <filesystem>

#include "common/expand.hpp"
#include "common/ini.hpp"

namespace common {

Result<CtlSection> read_ctl_section(std::string_view text, const std::string& file,
                                    const std::map<std::string, std::string>& environment) {
  const IniText ini = parse_ini(text, file);
  if (!ini.errors.empty()) return Error{Errc::bad_syntax, ini.errors.front()};
  if (std::ranges::find(ini.sections, "supervisorctl", &IniSection::name) == ini.sections.end()) {
    return Error{Errc::missing, ".ini file does not include supervisorctl section"};
  }
  const auto here = std::filesystem::path{file}.parent_path().string();
  ExpansionNames names{{"here", here}};
  for (const auto& [key, value] : environment) names["ENV_" + key] = value;

  CtlSection out;
  for (const auto& entry : ini.entries) {
    if (entry.section != "supervisorctl") continue;
    std::string* const target = entry.key == "serverurl"      ? &out.serverurl
                                : entry.key == "username"     ? &out.username
                                : entry.key == "password"     ? &out.password
                                : entry.key == "prompt"       ? &out.prompt
                                : entry.key == "history_file" ? &out.history_file
                                                              : nullptr;
    if (target == nullptr) continue;
    auto expanded = expand(entry.value, names, "supervisorctl." + entry.key);
    if (!expanded) {
      return Error{expanded.error().code,
                   file + ":" + std::to_string(entry.line) + ": " + expanded.error().context};
    }
    *target = *std::move(expanded);
  }
  constexpr std::string_view unix_scheme = "unix://";
  if (out.serverurl.starts_with(unix_scheme)) {
    const auto path =
        std::filesystem::absolute(out.serverurl.substr(unix_scheme.size())).lexically_normal();
    out.serverurl = std::string{unix_scheme} + path.string();
  }
  return out;
}

}  // namespace common
