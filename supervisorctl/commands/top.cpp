// top: the processes with what they use, live. Their states are told by the daemon as they change;
// CPU and memory are read from /proc every two seconds, so only where the daemon is on this
// machine.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/v1/daemon.grpc.pb.h"
#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/commands/targets.hpp"
#include "supervisorctl/commands/watch.hpp"
#include "supervisorctl/output/colour.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/name.hpp"
#include "supervisorctl/output/table.hpp"
#include "supervisorctl/output/usage.hpp"

namespace supervisorctl {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// One look at /proc; none when the daemon's processes are not to be seen there.
struct Sample {
  std::map<pid_t, Usage> usages;  // by the process's pid
  steady_clock::time_point at;
};

struct Row {
  v1::Process process;
  std::int64_t uptime = -1;  // seconds; -1: it does not run
  double cpu_percent = -1;   // of one CPU; -1: not known yet
  std::uint64_t memory = 0;
  std::uint32_t processes = 0;
};

/// Whether the daemon's pids mean the same here: not from another machine or container.
bool shares_processes(Session& session) {
  const auto answer =
      session.client().call(&v1::DaemonService::Stub::GetDaemon, v1::GetDaemonRequest{});
  if (!answer) return false;
  std::ifstream comm{"/proc/" + std::to_string((*answer).daemon().daemon_pid()) + "/comm"};
  std::string name;
  return std::getline(comm, name) && name == "supervisord";
}

std::optional<Sample> look(const std::vector<SeenProcess>& processes) {
  std::vector<pid_t> roots;
  for (const SeenProcess& seen : processes) {
    if (seen.process.pid() != 0) roots.push_back(seen.process.pid());
  }
  return Sample{usage_of(read_proc(), roots), steady_clock::now()};
}

const Usage* find_usage(const std::optional<Sample>& sample, const v1::Process& process) {
  if (!sample) return nullptr;
  const auto found = sample->usages.find(process.pid());
  return found == sample->usages.end() ? nullptr : &found->second;
}

Row row_of(const SeenProcess& seen, const std::optional<Sample>& before,
           const std::optional<Sample>& now) {
  Row row{.process = seen.process};
  if (seen.process.has_uptime()) {
    const auto since =
        std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - seen.at);
    row.uptime = seen.process.uptime().seconds() + since.count();
  }
  const Usage* const usage = find_usage(now, seen.process);
  if (usage == nullptr) return row;
  row.memory = usage->memory_bytes;
  row.processes = usage->processes;
  const Usage* const earlier = find_usage(before, seen.process);
  if (earlier == nullptr) return row;
  const std::chrono::duration<double> used = usage->cpu - earlier->cpu;
  const std::chrono::duration<double> passed = now->at - before->at;
  row.cpu_percent = std::max(0.0, used / passed * 100);  // what has ended takes its time with it
  return row;
}

std::string memory_text(std::uint64_t bytes) {
  if (bytes == 0) return "-";
  char text[32];
  const double mib = static_cast<double>(bytes) / (1024 * 1024);
  std::snprintf(text, sizeof text, mib < 1024 ? "%.1f MiB" : "%.2f GiB",
                mib < 1024 ? mib : mib / 1024);
  return text;
}

std::string table_of(const std::vector<Row>& rows, bool colour) {
  std::size_t widest = 20;
  for (const Row& row : rows)
    widest = std::max(widest, display_name(row.process.group(), row.process.name()).size());
  char line[160];
  std::snprintf(line, sizeof line, "%-10s %8s %7s %11s %6s %9s  %s\n", "STATE", "PID", "CPU %",
                "MEMORY", "PROCS", "RESTARTS", "UPTIME");
  std::string out = padded("NAME", widest + 2) + line;
  for (const Row& row : rows) {
    char cpu[16] = "-";
    if (row.cpu_percent >= 0) std::snprintf(cpu, sizeof cpu, "%.1f", row.cpu_percent);
    out += padded(display_name(row.process.group(), row.process.name()), widest + 2);
    const std::string state = padded(state_name(row.process.state()), 10);
    out += colour ? coloured(state, colour_of(row.process.state())) : state;
    std::snprintf(line, sizeof line, " %8s %7s %11s %6s %9u  %s\n",
                  row.process.pid() == 0 ? "-" : std::to_string(row.process.pid()).c_str(), cpu,
                  memory_text(row.memory).c_str(),
                  row.processes == 0 ? "-" : std::to_string(row.processes).c_str(),
                  row.process.restarts(), row.uptime < 0 ? "-" : uptime_text(row.uptime).c_str());
    out += line;
  }
  return out;
}

bool comes_before(const Row& a, const Row& b, std::string_view key) {
  if (key == "memory" && a.memory != b.memory) return a.memory > b.memory;
  if (key == "restarts" && a.process.restarts() != b.process.restarts())
    return a.process.restarts() > b.process.restarts();
  if (key == "cpu" && a.cpu_percent != b.cpu_percent) return a.cpu_percent > b.cpu_percent;
  return std::pair{a.process.group(), a.process.name()} <
         std::pair{b.process.group(), b.process.name()};
}

}  // namespace

void run_top(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto given = parse_arguments(session, "top", words_of(arguments));
  if (!given) return;
  const std::string key = given->has("--sort") ? given->value("--sort") : "cpu";
  if (key != "cpu" && key != "memory" && key != "restarts" && key != "name")
    return misuse(session, "top", "--sort takes cpu, memory, restarts or name, not '" + key + "'",
                  exit_code::generic);
  const bool once = given->has("--once") || !session.screen().is_terminal;
  constexpr auto between_samples = 2s;
  constexpr auto first_rows_within = 10s;
  const bool can_look = shares_processes(session);
  std::optional<Failure> failure;
  {
    Watch watch{session};
    std::optional<FullScreen> screen;
    if (!once) screen.emplace(session);
    std::optional<Sample> before;
    std::optional<Sample> now;
    const bool has_rows = watch.wait(first_rows_within) == Watch::News::change;
    auto next = steady_clock::now();
    int samples = 0;
    while (has_rows) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(next - steady_clock::now());
      if (watch.wait(std::max(left, 0ms)) == Watch::News::ended) break;
      if (steady_clock::now() >= next) {
        before = std::exchange(now, can_look ? look(watch.all()) : std::nullopt);
        // The second one comes soon: until then there is no CPU to be shown.
        next = steady_clock::now() +
               (samples++ == 0 ? 500ms : std::chrono::milliseconds{between_samples});
      }
      std::vector<Row> rows;
      for (const SeenProcess& seen : watch.all()) {
        const bool wanted =
            given->names.empty() || std::ranges::any_of(given->names, [&](const std::string& name) {
              return name == "all" || is_meant_by(name, seen.process);
            });
        if (wanted) rows.push_back(row_of(seen, before, now));
      }
      std::ranges::sort(rows, [&](const Row& a, const Row& b) { return comes_before(a, b, key); });
      if (!once) {
        screen->draw(table_of(rows, session.screen().colour) + "\nby " + key + "; Ctrl-C ends it");
      } else if (samples >= 2) {
        session.write(table_of(rows, session.screen().colour));
        break;
      }
    }
    failure = watch.failure();
  }
  if (failure) session.fail(*failure);
}

}  // namespace supervisorctl
