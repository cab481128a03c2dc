#include "supervisord/config/load.hpp"

#include "common/paths.hpp"
#include "common/repr.hpp"
#include "supervisord/config/daemon_spec.hpp"
#include "supervisord/config/files.hpp"
#include "supervisord/config/group_spec.hpp"
#include "supervisord/config/http_server_spec.hpp"
#include "supervisord/config/other_sections.hpp"
#include "supervisord/config/socket_spec.hpp"

namespace supervisord::config {
namespace {

common::Names names_of(const Surroundings& surroundings) {
  common::Names names;
  names.set("host_node_name", surroundings.host_name());
  for (const auto& [key, value] : surroundings.environment()) names.set("ENV_" + key, value);
  return names;
}

bool has_process(const std::vector<GroupSpec>& groups, const std::string& name) {
  for (const GroupSpec& group : groups) {
    for (const ProcessSpec& process : group.processes) {
      const bool alone = group.name == process.name && name == process.name;
      if (alone || name == group.name + ":" + process.name) return true;
    }
  }
  return false;
}

/// A program that is added later may bear the name, so this is no error.
void warn_of_exit_on(const RawSection& section, const Config& config, Report& report) {
  const std::string& name = config.daemon.exit_on.process;
  if (name.empty() || has_process(config.groups, name)) return;
  const RawValue& value = section.values.at("exit_on");
  report.warn(value.file + ":" + std::to_string(value.line) +
              ": [supervisord] exit_on: no process is named " + common::repr(name));
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
    return {.config = {}, .errors = report.errors(), .warnings = report.warnings()};
  }

  Config config;
  config.file = common::absolute(path, surroundings.working_directory());
  config.daemon = read_daemon(*main_section, overrides, outer, surroundings, report);
  common::Names names{&outer};
  for (const auto& [key, value] : config.daemon.environment) names.set("ENV_" + key, value);
  config.servers = read_servers(files, names, surroundings, report);
  const auto sockets = read_sockets(files, names, config.servers, surroundings, report);
  config.groups = read_groups(files, {names, config.daemon, surroundings, report, sockets});
  warn_of_unused(files, sockets, config.groups, report);
  warn_of_exit_on(*main_section, config, report);
  check_other_sections(files, names, report);
  if (!report.errors().empty()) {
    return {.config = {}, .errors = report.errors(), .warnings = report.warnings()};
  }
  config.notices = report.notices();
  config.warnings = report.warnings();
  return {.config = std::move(config), .errors = {}, .warnings = report.warnings()};
}

}  // namespace supervisord::config
