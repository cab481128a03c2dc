#include "supervisord/config/load.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "common/values.hpp"
#include "supervisord/config/daemon_spec.hpp"
#include "supervisord/config/files.hpp"
#include "supervisord/config/program_spec.hpp"

namespace supervisord::config {
namespace {

constexpr std::string_view known_sections[] = {
    "supervisord", "unix_http_server", "inet_http_server", "supervisorctl", "include",   "program:",
    "group:",      "eventlistener:",   "fcgi-program:",    "rpcinterface:", "ctlplugin:"};

/// What follows `prefix` in a section's name, trimmed; none for another section.
std::optional<std::string> name_in(const SectionText& section, std::string_view prefix) {
  if (!section.name.starts_with(prefix)) return std::nullopt;
  return std::string{common::trim(std::string_view{section.name}.substr(prefix.size()))};
}

class Loader {
 public:
  Loader(const Surroundings& world, const Overrides& overrides)
      : world_{world}, overrides_{overrides} {
    for (const auto& [key, value] : world.environment()) names_["ENV_" + key] = value;
    names_["host_node_name"] = world.host_name();
    names_["here"] = std::string{};
  }

  LoadResult run(const std::string& path) {
    Config config;
    config.file = make_absolute(path, world_.working_directory());
    Files files = read_files(path, names_, world_, diagnostics_);
    sections_ = std::move(files.sections);
    config.notices = std::move(files.notices);
    if (!sections_.empty() || diagnostics_.errors.empty()) {
      read_daemon_section(config);
      read_servers(config);
      read_groups(config);
      warn_of_the_rest();
    }
    LoadResult out;
    std::set<std::string> seen;  // an option that is read for each process is wrong once
    for (auto& error : diagnostics_.errors) {
      if (seen.insert(error).second) out.errors.push_back(std::move(error));
    }
    for (auto& warning : diagnostics_.warnings) {
      if (seen.insert(warning).second) config.warnings.push_back(std::move(warning));
    }
    if (out.errors.empty()) out.config = std::move(config);
    return out;
  }

 private:
  SectionText* find(std::string_view name) {
    const auto found = std::ranges::find(sections_, name, &SectionText::name);
    return found == sections_.end() ? nullptr : &*found;
  }

  void read_daemon_section(Config& config) {
    SectionText* const section = find("supervisord");
    if (section == nullptr) {
      diagnostics_.errors.push_back(config.file +
                                    ":1: .ini file does not include supervisord section");
      return;
    }
    for (const auto& [key, value] : overrides_) {
      std::string literal;  // what the command line says is not expanded
      for (const char c : value) literal += c == '%' ? "%%" : std::string{c};
      section->options[key] = common::IniEntry{"supervisord", key, literal, "the command line", 0};
    }
    SectionReader reader{*section, names_, world_, diagnostics_};
    config.daemon = read_daemon(reader, world_);
    for (const auto& [key, value] : config.daemon.environment) names_["ENV_" + key] = value;
  }

  void read_servers(Config& config) {
    for (const auto& section : sections_) {
      SectionReader reader{section, names_, world_, diagnostics_};
      std::optional<ServerSpec> server;
      if (section.name == "unix_http_server" || section.name.starts_with("unix_http_server:")) {
        server = read_unix_server(reader, world_);
      } else if (section.name == "inet_http_server" ||
                 section.name.starts_with("inet_http_server:")) {
        server = read_inet_server(reader);
      }
      if (server) config.servers.push_back(*std::move(server));
    }
  }

  /// The processes of one program as a member of `group`. Each of its errors ends as Supervisor's
  /// do.
  std::vector<ProcessSpec> read_members(const SectionText& section, const std::string& program,
                                        const std::string& group, const Config& config) {
    auto names = names_;
    names["program_name"] = program;
    names["group_name"] = group;
    SectionReader reader{section, std::move(names), world_, diagnostics_};
    const auto first_error = diagnostics_.errors.size();
    if (const auto fault = name_fault(program); !fault.empty()) reader.section_error(fault);
    auto processes = read_program(reader, program, group, config.daemon.environment);
    reader.warn_of_unknown(program_options());
    for (auto i = first_error; i < diagnostics_.errors.size(); ++i) {
      diagnostics_.errors[i] += " in section '" + section.name + "' (file: '" + section.file + "')";
    }
    return processes;
  }

  void read_groups(Config& config) {
    std::set<std::string> grouped;
    for (const auto& section : sections_) {
      if (const auto name = name_in(section, "group:")) read_group(section, *name, grouped, config);
    }
    for (const auto& section : sections_) {
      const auto program = name_in(section, "program:");
      if (!program || grouped.contains(*program)) continue;
      GroupSpec group;
      group.name = *program;
      group.processes = read_members(section, *program, *program, config);
      if (!group.processes.empty()) group.priority = group.processes.front().priority;
      add_group(section, std::move(group), config);
    }
    std::ranges::stable_sort(config.groups, {}, [](const GroupSpec& group) {
      return std::tie(group.priority, group.name);
    });
  }

  void read_group(const SectionText& section, const std::string& name,
                  std::set<std::string>& grouped, Config& config) {
    SectionReader reader{section, names_, world_, diagnostics_};
    if (const auto fault = name_fault(name); !fault.empty()) reader.section_error(fault);
    GroupSpec group;
    group.name = name;
    group.priority = static_cast<int>(reader.integer("priority", 999));
    for (const auto& program : common::parse_list(reader.text("programs", ""))) {
      const SectionText* const member = find("program:" + program);
      if (member == nullptr) {
        reader.error("programs",
                     "[group:" + name + "] names unknown program or fcgi-program " + program);
        continue;
      }
      grouped.insert(program);
      for (auto& process : read_members(*member, program, name, config))
        group.processes.push_back(std::move(process));
    }
    constexpr std::string_view options[] = {"programs", "priority"};
    reader.warn_of_unknown(options);
    add_group(section, std::move(group), config);
  }

  void add_group(const SectionText& section, GroupSpec group, Config& config) {
    SectionReader reader{section, names_, world_, diagnostics_};
    if (std::ranges::find(config.groups, group.name, &GroupSpec::name) != config.groups.end()) {
      reader.warn("", "a second group called " + group.name + ", ignored");
      return;
    }
    std::set<std::string> names;
    for (auto process = group.processes.rbegin();
         process != group.processes.rend();) {  // the last one wins
      if (names.insert(process->name).second) {
        ++process;
        continue;
      }
      reader.warn("", "two processes of group " + group.name + " are called " + process->name +
                          ", the first is ignored");
      process = std::reverse_iterator{group.processes.erase(std::next(process).base())};
    }
    config.groups.push_back(std::move(group));
  }

  void warn_of_the_rest() {
    for (const auto& section : sections_) {
      SectionReader reader{section, names_, world_, diagnostics_};
      if (section.name.starts_with("eventlistener:") || section.name.starts_with("fcgi-program:")) {
        reader.warn("", "sections of this kind are not in force yet in this version");
      }
      const auto is_known = std::ranges::any_of(known_sections, [&](std::string_view known) {
        if (known.ends_with(':')) return section.name.starts_with(known);
        return section.name == known || section.name.starts_with(std::string{known} + ":");
      });
      if (is_known) continue;
      const auto meant = nearest(section.name, known_sections);
      reader.warn("",
                  "unknown section, ignored" + (meant ? " (did you mean [" + *meant + "]?)" : ""));
    }
  }

  const Surroundings& world_;
  const Overrides& overrides_;
  common::ExpansionNames names_;
  std::vector<SectionText> sections_;
  Diagnostics diagnostics_;
};

}  // namespace

LoadResult load(const std::string& path, const Overrides& overrides, const Surroundings& world) {
  return Loader{world, overrides}.run(path);
}

}  // namespace supervisord::config
