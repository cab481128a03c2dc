#include "supervisord/process/tree.hpp"

#include <algorithm>
#include <csignal>
#include <set>

namespace supervisord::process {
namespace {

constexpr int most_scans = 20;  // one that forks faster than it can be stopped is killed in part

bool has_entry(std::string_view environment, std::string_view entry) {
  while (!environment.empty()) {
    const auto end = std::min(environment.find('\0'), environment.size());
    if (environment.substr(0, end) == entry) return true;
    environment.remove_prefix(std::min(end + 1, environment.size()));
  }
  return false;
}

}  // namespace

bool contains(const std::vector<ProcessFacts>& list, const ProcessFacts& process) {
  return std::ranges::any_of(list, [&](const ProcessFacts& one) {
    return one.pid == process.pid && one.start_ticks == process.start_ticks;
  });
}

std::vector<ProcessFacts> tree_of(const std::vector<ProcessFacts>& all, const TreeRun& run,
                                  const std::vector<ProcessFacts>& known, ProcView& view) {
  std::set<pid_t> inside;
  if (run.child_lives) inside.insert(run.child);
  const auto begins_a_branch = [&](const ProcessFacts& process) {
    if (process.process_group == run.child || contains(known, process)) return true;
    // Only orphans are asked for their environment: that is where parents no longer help.
    return process.parent == run.keeper && !run.mark.empty() &&
           has_entry(view.environment(process.pid), run.mark);
  };
  std::vector<ProcessFacts> found;
  const auto take = [&](const ProcessFacts& process) {
    if (process.is_zombie || process.pid == run.child || !inside.insert(process.pid).second) return;
    found.push_back(process);
  };
  for (const ProcessFacts& process : all) {
    if (begins_a_branch(process)) take(process);
  }
  for (std::size_t before = found.size() + 1; before != found.size();) {
    before = found.size();
    for (const ProcessFacts& process : all) {
      if (inside.contains(process.parent)) take(process);
    }
  }
  return found;
}

// One that is stopped makes no more children, so after a scan without anybody new all are there.
std::size_t kill_tree(ProcView& view, ProcSignals& signals, const TreeRun& run,
                      std::vector<ProcessFacts> known) {
  std::vector<ProcessFacts> stopped;
  for (int scan = 0; scan < most_scans; ++scan) {
    const auto all = view.processes();
    const auto child = std::ranges::find(all, run.child, &ProcessFacts::pid);
    if (run.child_lives && child != all.end() && scan == 0) signals.send(*child, SIGSTOP);
    bool somebody_new = false;
    for (const ProcessFacts& process : tree_of(all, run, known, view)) {
      if (contains(stopped, process)) continue;
      signals.send(process, SIGSTOP);
      stopped.push_back(process);
      known.push_back(process);
      somebody_new = true;
    }
    if (!somebody_new) break;
  }
  for (const ProcessFacts& process : stopped) signals.send(process, SIGKILL);
  return stopped.size();
}

}  // namespace supervisord::process
