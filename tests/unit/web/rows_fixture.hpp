// Status rows for the tests of what shows them.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "supervisord/process/status.hpp"

namespace supervisord::web {

inline process::Status row_of(std::string group, std::string name, process::State state) {
  process::Status row;
  row.group = std::move(group);
  row.name = std::move(name);
  row.state = state;
  row.stdout_logfile = "/log/" + row.name;
  if (state == process::State::running) {
    row.pid = 4711;
    row.uptime = std::chrono::seconds{7};
    row.started_at = process::WallTime{std::chrono::seconds{1700000000}};
  }
  return row;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace supervisord::web
