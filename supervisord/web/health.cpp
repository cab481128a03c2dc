#include "supervisord/web/health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

namespace supervisord::web {
namespace {

using process::State;
using process::Status;

Response plain(unsigned status, std::string body) {
  return {status,
          "text/plain; charset=utf-8",
          {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}},
          std::move(body)};
}

bool has_done_its_work(const config::ProcessSpec& spec, const Status& row) {
  return row.state == State::exited && spec.autorestart != config::AutoRestart::always &&
         row.exit_status &&
         std::find(spec.exit_codes.begin(), spec.exit_codes.end(), *row.exit_status) !=
             spec.exit_codes.end();
}

}  // namespace

Response healthz() { return plain(200, "ok\n"); }

Response readyz(const control::DaemonInfo& daemon, const std::vector<Status>& rows,
                const std::vector<control::ConfiguredProcess>& configured) {
  if (daemon.state == control::DaemonState::shutting_down) return plain(503, "shutting down\n");
  if (daemon.state == control::DaemonState::restarting) return plain(503, "restarting\n");
  std::map<std::pair<std::string_view, std::string_view>, const Status*> by_name;
  for (const Status& row : rows) by_name[{row.group, row.name}] = &row;
  std::string not_ready;
  for (const auto& [spec, group_priority, in_use] : configured) {
    if (!in_use || !spec->autostart) continue;
    const auto found = by_name.find({spec->group, spec->name});
    if (found == by_name.end()) continue;  // removed since
    const Status& row = *found->second;
    if (row.state == State::running || has_done_its_work(*spec, row)) continue;
    not_ready += fmt::format("{} {}\n", row.display_name(), state_name(row.state));
  }
  return not_ready.empty() ? plain(200, "ok\n") : plain(503, std::move(not_ready));
}

}  // namespace supervisord::web
