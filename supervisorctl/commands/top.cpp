// top: the processes with what they use, live. The daemon tells states as they change, and CPU and
// memory every two seconds when it is asked: so of another machine too.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/v1/process.grpc.pb.h"
#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/commands/targets.hpp"
#include "supervisorctl/commands/watch.hpp"
#include "supervisorctl/output/colour.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/name.hpp"
#include "supervisorctl/output/table.hpp"

namespace supervisorctl {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// What all use at one time.
struct Sample {
  std::map<std::pair<std::string, std::string>, v1::Usage> usages;  // by group and name
  std::chrono::duration<double> at;                                 // by the daemon's clock
};

struct Row {
  v1::Process process;
  std::int64_t uptime = -1;  // seconds; -1: it does not run
  double cpu_percent = -1;   // of one CPU; -1: not known yet
  std::uint64_t memory = 0;
  std::uint32_t processes = 0;
};

std::chrono::duration<double> seconds_of(const google::protobuf::Duration& time) {
  return std::chrono::seconds{time.seconds()} + std::chrono::nanoseconds{time.nanos()};
}

/// None of a daemon that does not tell, or that is being replaced just now.
std::optional<Sample> look(Session& session) {
  const auto answer =
      session.client().call(&v1::ProcessService::Stub::ListUsage, v1::ListUsageRequest{});
  if (!answer) return std::nullopt;
  Sample sample{.usages = {}, .at = seconds_of((*answer).at())};
  for (const v1::Usage& usage : (*answer).usages())
    sample.usages[{usage.group(), usage.name()}] = usage;
  return sample;
}

const v1::Usage* find_usage(const std::optional<Sample>& sample, const v1::Process& process) {
  if (!sample) return nullptr;
  const auto found = sample->usages.find({process.group(), process.name()});
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
  const v1::Usage* const usage = find_usage(now, seen.process);
  if (usage == nullptr) return row;
  row.process.set_pid(usage->pid());  // of what is STARTING it was not known when its row came
  row.memory = usage->memory_bytes();
  row.processes = usage->processes();
  const v1::Usage* const earlier = find_usage(before, seen.process);
  if (earlier == nullptr || earlier->pid() != usage->pid() || now->at <= before->at) return row;
  const auto used = seconds_of(usage->cpu()) - seconds_of(earlier->cpu());
  row.cpu_percent =  // what has ended takes its time with it
      std::max(0.0, used / (now->at - before->at) * 100);
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
  std::optional<Failure> failure;
  {
    Watch watch{session, Watch::Wanted::rows};
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
        before = std::exchange(now, look(session));
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
        screen->draw(table_of(rows, session.screen().colour), "by " + key);
        std::this_thread::sleep_for(FullScreen::between_draws);
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
