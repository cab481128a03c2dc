// /metrics: what is known of daemon and processes in Prometheus's text format. Pure. Beside our own
// names those that existing dashboards use: node_exporter's collector (node_supervisord_*) and the
// exporters' supervisor_process_info, supervisor_process_uptime, supervisord_up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "supervisord/control/control.hpp"
#include "supervisord/process/status.hpp"

namespace supervisord::web {

struct LogSize {
  std::string group;
  std::string name;
  std::string_view channel;  // "stdout" or "stderr"
  std::uint64_t bytes = 0;
};

std::string metrics_text(const control::DaemonInfo& daemon,
                         const std::vector<process::Status>& rows,
                         const std::vector<LogSize>& log_sizes);

inline constexpr std::string_view metrics_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace supervisord::web
