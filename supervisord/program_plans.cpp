#include "supervisord/program_plans.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "common/words.hpp"
#include "supervisord/spawner/plan.hpp"

namespace supervisord {

ProgramPlans::ProgramPlans(std::function<std::string()> url) : url_{std::move(url)} {
  for (char** entry = environ; *entry != nullptr; ++entry) environment_.emplace_back(*entry);
}

void ProgramPlans::set_limits(const std::string& text) {
  unsigned long long soft = 0;
  unsigned long long hard = 0;
  if (std::sscanf(text.c_str(), "%llu %llu", &soft, &hard) == 2) files_ = rlimit{soft, hard};
}

common::Result<keeper::SpawnPlan> ProgramPlans::plan(const config::ProcessSpec& spec,
                                                     const std::vector<std::string>& more) const {
  auto words = common::parse_words(spec.command);
  if (!words) {
    return common::Error{
        common::Errc::bad_syntax,
        fmt::format("can't parse command '{}': {}", spec.command, words.error().context)};
  }
  if (words->empty()) return common::Error{common::Errc::bad_syntax, "command is empty"};
  const spawner::DaemonFacts facts{environment_, url_(), ::getuid()};
  auto executable = spawner::find_executable(words->front(), spawner::search_path(spec, facts),
                                             spawner::probe_file);
  if (!executable) return executable.error();
  auto plan = spawner::make_plan(spec, *std::move(words), *std::move(executable), {}, facts);
  // What this run says of itself stands in the place of what the configuration does.
  std::erase_if(plan.environment, [&](const std::string& entry) {
    const std::string name = entry.substr(0, entry.find('=') + 1);
    const auto is_of_it = [&](const std::string& other) { return other.starts_with(name); };
    return std::ranges::any_of(more, is_of_it) || (!spec.sockets.empty() && name == "LISTEN_PID=");
  });
  plan.environment.insert(plan.environment.end(), more.begin(), more.end());
  if (files_) plan.limits.push_back({RLIMIT_NOFILE, files_->rlim_cur, files_->rlim_max});
  return plan;
}

}  // namespace supervisord
