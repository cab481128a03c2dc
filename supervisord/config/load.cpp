#include "supervisord/config/load.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "common/paths.hpp"
#include "supervisord/config/daemon_spec.hpp"
#include "supervisord/config/files.hpp"
#include "supervisord/config/group_spec.hpp"
#include "supervisord/config/http_server_spec.hpp"
#include "supervisord/config/section.hpp"

namespace supervisord::config {
namespace {

constexpr std::string_view standard_factory = "supervisor.rpcinterface:make_main_rpcinterface";

// Sections that mean something, to us or to supervisorctl.
constexpr std::array<std::string_view, 3> plain_sections{"supervisord", "supervisorctl", "include"};
constexpr std::array<std::string_view, 2> server_sections{"unix_http_server", "inet_http_server"};
constexpr std::array<std::string_view, 2> named_sections{"program:", "group:"};
constexpr std::array<std::string_view, 2> later_sections{"eventlistener:", "ctlplugin:"};

bool starts_with_any(std::string_view name, std::span<const std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

bool is_in_force(std::string_view name) {
  return std::find(plain_sections.begin(), plain_sections.end(), name) != plain_sections.end() ||
         std::any_of(server_sections.begin(), server_sections.end(),
                     [&](std::string_view kind) { return is_server_section(name, kind); }) ||
         starts_with_any(name, named_sections);
}

/// Every configuration names Supervisor's own RPC interface; what it asks for is there anyway.
bool is_standard_rpc(const RawSection& section) {
  const auto factory = section.values.find("supervisor.rpcinterface_factory");
  return section.name.starts_with("rpcinterface:") && factory != section.values.end() &&
         factory->second.text == standard_factory;
}

std::string_view why_not_in_force(std::string_view name) {
  if (name.starts_with("fcgi-program:")) {
    return "not in force yet: in a group it runs without its socket, else it is ignored";
  }
  const bool later = starts_with_any(name, later_sections) || name.starts_with("rpcinterface:");
  return later ? "this kind of section is not in force yet, ignored" : "unknown section, ignored";
}

void warn_about_the_rest(const RawFiles& files, Report& report) {
  for (const RawSection& section : files.sections) {
    if (is_in_force(section.name) || is_standard_rpc(section)) continue;
    report.warn(section.file + ":" + std::to_string(section.line) + ": [" + section.name +
                "]: " + std::string{why_not_in_force(section.name)});
  }
}

common::Names names_of(const Surroundings& surroundings) {
  common::Names names;
  names.set("host_node_name", surroundings.host_name());
  for (const auto& [key, value] : surroundings.environment()) names.set("ENV_" + key, value);
  return names;
}

}  // namespace

LoadResult load(const std::string& path, const Overrides& overrides,
                const Surroundings& surroundings) {
  Report report;
  const common::Names outer = names_of(surroundings);
  const RawFiles files = read_files(path, surroundings, outer, report);
  const RawSection* const main_section = files.find("supervisord");
  if (main_section == nullptr) {
    // With a file that cannot be read or cut into lines, that is all there is to say.
    if (report.errors().empty()) {
      report.error(path + ": .ini file does not include supervisord section");
    }
    return {.config = {}, .errors = report.errors()};
  }

  Config config;
  config.file = common::absolute(path, surroundings.working_directory());
  config.daemon = read_daemon(*main_section, overrides, outer, surroundings, report);
  common::Names names{&outer};
  for (const auto& [key, value] : config.daemon.environment) names.set("ENV_" + key, value);
  config.servers = read_servers(files, names, surroundings, report);
  config.groups = read_groups(files, {names, config.daemon, surroundings, report});
  warn_about_the_rest(files, report);
  if (!report.errors().empty()) return {.config = {}, .errors = report.errors()};
  config.notices = report.notices();
  config.warnings = report.warnings();
  return {.config = std::move(config), .errors = {}};
}

}  // namespace supervisord::config
