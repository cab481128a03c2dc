#include "supervisord/web/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

namespace supervisord::web {
namespace {

using process::State;
using process::Status;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::array all_states{State::stopped,  State::starting, State::running, State::backoff,
                                State::stopping, State::exited,   State::fatal,   State::unknown};

double unix_seconds(process::WallTime at) {
  return std::chrono::duration<double>(at.time_since_epoch()).count();
}

void add(MetricFamily& family, Labels labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (family.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  family.metric.push_back(std::move(metric));
}

MetricFamily single(const char* name, const char* help, double value, Labels labels = {},
                    MetricType type = MetricType::Gauge) {
  MetricFamily family{name, help, type, {}};
  add(family, std::move(labels), value);
  return family;
}

// As node_exporter has it.
bool has_child(const Status& row) {
  return row.state == State::starting || row.state == State::running ||
         row.state == State::stopping;
}

using Value = std::optional<double>;  // none: no sample of this process

Value up(const Status& row) { return row.state == State::running; }
Value child(const Status& row) { return has_child(row); }
Value state(const Status& row) { return state_code(row.state); }
Value exit_status(const Status& row) { return row.exit_status.value_or(0); }
Value last_exit_status(const Status& row) {
  return row.exit_status ? Value{*row.exit_status} : std::nullopt;
}
Value start_time(const Status& row) {
  return row.started_at ? Value{unix_seconds(*row.started_at)} : std::nullopt;
}
Value start_time_of_child(const Status& row) {
  return has_child(row) ? start_time(row) : std::nullopt;
}
Value uptime(const Status& row) {
  return row.state == State::running ? Value{static_cast<double>(row.uptime.count())}
                                     : std::nullopt;
}
Value pid(const Status& row) { return row.pid != 0 ? Value{row.pid} : std::nullopt; }
Value restarts(const Status& row) { return row.restarts; }

struct Column {
  const char* name;
  const char* help;
  Value (*value)(const Status&);
  MetricType type = MetricType::Gauge;
};
const Column columns[] = {
    {"supervisor_process_up", "1 while the process is RUNNING, else 0.", up},
    {"supervisor_process_state",
     "The state's number: 0 STOPPED, 10 STARTING, 20 RUNNING, 30 BACKOFF, 40 STOPPING, 100 EXITED, "
     "200 FATAL, 1000 UNKNOWN.",
     state},
    {"supervisor_process_start_time_seconds", "When the process was last spawned, Unix time.",
     start_time},
    {"supervisor_process_uptime", "Seconds since a RUNNING process was spawned.", uptime},
    {"supervisor_process_restarts_total", "Spawns after the first.", restarts, MetricType::Counter},
    {"supervisor_process_exit_status",
     "Exit status of the last run that is over; -1 for a death by signal.", last_exit_status},
    {"supervisor_process_pid", "Pid of the process, while it has one.", pid},
    {"node_supervisord_up", "Process Up", child},
    {"node_supervisord_state", "Process State", state},
    {"node_supervisord_exit_status", "Process Exit Status", exit_status},
    {"node_supervisord_start_time_seconds", "Process start time", start_time_of_child},
};

MetricFamily column_family(const Column& column, const std::vector<Status>& rows) {
  MetricFamily family{column.name, column.help, column.type, {}};
  for (const Status& row : rows) {
    if (const Value value = column.value(row)) {
      add(family, {{"name", row.name}, {"group", row.group}}, *value);
    }
  }
  return family;
}

MetricFamily process_info(const std::vector<Status>& rows) {
  MetricFamily family{
      "supervisor_process_info", "1 while the process is RUNNING, else 0.", MetricType::Gauge, {}};
  for (const Status& row : rows) {
    add(family,
        {{"name", row.name},
         {"group", row.group},
         {"state", std::string{state_name(row.state)}},
         {"exit_status", std::to_string(row.exit_status.value_or(0))}},
        row.state == State::running ? 1 : 0);
  }
  return family;
}

MetricFamily by_state(const std::vector<Status>& rows) {
  MetricFamily family{"supervisor_processes", "Processes by state.", MetricType::Gauge, {}};
  for (const State each : all_states) {
    const auto count = std::count_if(rows.begin(), rows.end(),
                                     [&](const Status& row) { return row.state == each; });
    add(family, {{"state", std::string{state_name(each)}}}, static_cast<double>(count));
  }
  return family;
}

MetricFamily log_bytes(const std::vector<LogSize>& sizes) {
  MetricFamily family{"supervisor_process_log_bytes",
                      "Size of the process's current log file.",
                      MetricType::Gauge,
                      {}};
  for (const LogSize& size : sizes) {
    add(family,
        {{"name", size.name}, {"group", size.group}, {"channel", std::string{size.channel}}},
        static_cast<double>(size.bytes));
  }
  return family;
}

}  // namespace

std::string metrics_text(const control::DaemonInfo& daemon, const std::vector<Status>& rows,
                         const std::vector<LogSize>& log_sizes) {
  std::vector<MetricFamily> families{
      single("supervisord_up", "1: supervisord answers.", 1),
      single("supervisor_info", "Version and identifier of supervisord.", 1,
             {{"version", daemon.version}, {"identifier", daemon.identifier}}),
      single("supervisor_start_time_seconds", "When supervisord was started, Unix time.",
             unix_seconds(daemon.started_at)),
      single("supervisor_daemon_start_time_seconds",
             "When the daemon that answers was started, Unix time.",
             unix_seconds(daemon.daemon_started_at)),
      single("supervisor_daemon_starts_total", "How often the keeper has started a daemon.",
             daemon.daemon_starts, {}, MetricType::Counter),
      by_state(rows),
      process_info(rows),
  };
  for (const Column& column : columns) families.push_back(column_family(column, rows));
  families.push_back(log_bytes(log_sizes));
  std::erase_if(families, [](const MetricFamily& family) { return family.metric.empty(); });
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace supervisord::web
