#include "supervisorctl/commands/targets.hpp"

#include <algorithm>

#include "supervisor/v1/process.grpc.pb.h"
#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/name.hpp"

namespace supervisorctl {

std::vector<std::string> fitting(const std::string& pattern,
                                 const v1::ListProcessesResponse& processes) {
  std::vector<std::string> out;
  for (const v1::Process& process : processes.processes()) {
    // A process may bear such a name itself, and then it is meant.
    if (display_name(process.group(), process.name()) == pattern)
      return {process.group() + ":" + process.name()};
    if (fits(pattern, process.group(), process.name()))
      out.push_back(process.group() + ":" + process.name());
  }
  return out;
}

std::optional<std::vector<Target>> targets_of(Session& session,
                                              const std::vector<std::string>& names) {
  if (std::ranges::find(names, "all") != names.end()) return {{Target{"all", {"all"}, false}}};
  std::optional<v1::ListProcessesResponse> processes;
  std::vector<Target> out;
  for (const std::string& name : names) {
    if (!is_pattern(name)) {
      out.push_back({name, {name}, split_name(name).process.has_value()});
      continue;
    }
    if (!processes) {
      auto answer =
          session.client().call(&v1::ProcessService::Stub::ListProcesses,
                                v1::ListProcessesRequest{}, Client::Repeat::while_replaced);
      if (!answer) {
        session.fail(answer.error());
        return std::nullopt;
      }
      processes = *std::move(answer);
    }
    out.push_back({name, fitting(name, *processes), false});
  }
  return out;
}

std::optional<Given> parse_arguments(Session& session, std::string_view command,
                                     const std::vector<std::string>& words) {
  auto given = parse_flags(find_command(command)->flags, words);
  if (given) return *std::move(given);
  misuse(session, command, std::string{command} + " " + given.error().context, exit_code::generic);
  return std::nullopt;
}

}  // namespace supervisorctl
