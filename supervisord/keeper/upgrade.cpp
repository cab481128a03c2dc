// The upgrade in place: the installed daemon and keeper are tried first, and nothing is changed if
// one of them is no good. Then the daemon ends, this process becomes the installed keeper by execve
// of its path, with its table in a memfd, and starts the installed daemon. Same pid, same children;
// pending signals stay pending, since all are blocked.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "common/error.hpp"
#include "common/wait_status.hpp"
#include "supervisord/keeper/handover.hpp"
#include "supervisord/keeper/keeper.hpp"
#include "supervisord/keeper/keeper_tags.hpp"

namespace supervisord::keeper {
namespace {

using namespace std::chrono_literals;

constexpr auto patience_with_trial = 5s;
constexpr int output_in_trial = 1;
constexpr int errors_in_trial = 2;
constexpr int own_in_trial = 3;  // the daemon's link, the keeper's table
constexpr std::string_view keeper_answer = "keeper ";
constexpr std::size_t longest_output = 500;

common::UniqueFd taken(int fd) {
  if (fd < 0) return {};
  set_on_exec(std::span{&fd, 1}, OnExec::close);
  return common::UniqueFd{fd};
}

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (text.size() > longest_output) text.resize(longest_output);
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

}  // namespace

// --- trying what is installed -------------------------------------------------------------------

void Keeper::on_upgrade() {
  if (phase_ != Phase::run || shutdown_signal_ || finish_ || trial_ || upgrade_wanted_) {
    tell(UpgradeChecked{"supervisord is shutting down, or is being upgraded already"});
    return;
  }
  try_installed(Trial::Of::daemon);
}

// Both are started with "-v": a daemon says hello over its link and prints its version; a keeper
// reads the table and says so. What is neither does something else.
void Keeper::try_installed(Trial::Of what) {
  trial_.emplace();
  trial_->of = what;
  trial_->give_up_at = Clock::now() + patience_with_trial;
  SpawnPlan plan;
  plan.name = "trial";
  plan.argv = {"supervisord", "-v"};
  plan.environment = options_.environment;
  plan.targets = {output_in_trial, errors_in_trial, own_in_trial};
  auto output = memfd_with("");
  common::UniqueFd own;
  if (what == Trial::Of::daemon) {
    plan.executable = options_.daemon;
    if (auto pair = common::make_socket_pair(SOCK_SEQPACKET)) {
      own = std::move(pair->second);
      trial_->link = std::make_unique<Link>(std::move(pair->first));
    }
  } else {
    plan.executable = options_.keeper;
    plan.environment.push_back(std::string{table_variable} + "=check " +
                               std::to_string(own_in_trial));
    if (auto table = memfd_with(encode(table_now()))) own = std::move(*table);
  }
  if (!output || !own) return trial_failed("no free descriptor or memory");
  trial_->output = std::move(*output);
  const int fds[] = {trial_->output.get(), trial_->output.get(), own.get()};
  auto result = launcher_.launch(plan, fds, Launcher::WhenKeeperDies::is_killed);
  if (const auto* const failure = std::get_if<LaunchFailure>(&result)) {
    return trial_failed(plan.executable + ": " + failure->step + ": " +
                        common::errno_name(failure->error));
  }
  trial_->pid = std::get<Launched>(result).pid;
  if (trial_->link) watch(trial_->link->fd(), tag(Watched::trial), EPOLLIN);
}

void Keeper::receive_from_trial() {
  if (!trial_ || !trial_->link) return;
  std::vector<Incoming> incoming;
  const Link::Received received = trial_->link->receive(incoming);
  for (const Incoming& one : incoming) {
    const auto* const hello = std::get_if<Hello>(&one.message);
    if (hello == nullptr) continue;
    trial_->major = hello->major;
    trial_->link->send(Welcome{});
    trial_->link->send(ListEnd{});
    (void)trial_->link->flush();  // an empty socket takes it
  }
  if (received == Link::Received::closed) {
    unwatch(trial_->link->fd());
    trial_->link.reset();
  }
}

void Keeper::give_up_trial() { ::kill(trial_->pid, SIGKILL); }  // not reaped yet

void Keeper::trial_ended(int status) {
  receive_from_trial();  // it may have said hello and ended within one turn
  const auto output = contents_of(trial_->output.get());
  const std::string said = output ? *output : "";
  const bool is_daemon = trial_->of == Trial::Of::daemon;
  const std::string& path = is_daemon ? options_.daemon : options_.keeper;
  if (trial_->gave_up) return trial_failed(path + " does not end when asked for its version");
  if (status != 0) {
    return trial_failed(path + " does not start (" + common::wait_status_text(status) +
                        "): " + one_line(said));
  }
  if (is_daemon && trial_->major != protocol_major) {
    return trial_failed(
        path + (trial_->major == 0 ? " is no daemon of supervisord" : " speaks another protocol"));
  }
  if (!is_daemon && !said.starts_with(keeper_answer))
    return trial_failed(path + " is no supervisord that can be upgraded to: " + one_line(said));
  const bool somebody_waits = trial_->somebody_waits;
  end_trial();
  if (!somebody_waits) return;
  if (is_daemon) return try_installed(Trial::Of::keeper);
  upgrade_wanted_ = true;
  watchdog_.told_to_end(Clock::now());
  tell(UpgradeChecked{});
}

void Keeper::trial_failed(const std::string& why) {
  const bool somebody_waits = trial_->somebody_waits;
  end_trial();
  if (somebody_waits) tell(UpgradeChecked{why});
}

void Keeper::end_trial() {
  if (trial_->link) unwatch(trial_->link->fd());
  trial_.reset();
}

// --- changing places ----------------------------------------------------------------------------

Table Keeper::table_now() const {
  Table table;
  table.pid = ::getpid();
  table.version = SUPERVISOR_VERSION;
  table.upgrades = upgrades_;
  table.epoch = epoch_;
  table.started_at_ns = started_at_ns_;
  table.argv = options_.argv;
  table.environment = options_.environment;
  table.notify_socket = options_.notify_socket;
  if (values_) table.values = *values_;
  table.rundir = rundir_.path;
  table.folder = rundir_.folder.get();
  table.pump = rundir_.pump.get();
  table.files_soft = program_files_.rlim_cur;
  table.files_hard = program_files_.rlim_max;
  table.adopted = adopted_;
  table.daemon_starts = daemon_starts_;
  table.previous_end = previous_end_;
  table.pending_signals = pending_signals_;
  table.shutdown_signal = shutdown_signal_;
  for (const auto& [name, row] : children_.rows()) {
    TableChild child{row.facts, row.adopted, row.group_left, row.pidfd.get(), {}};
    for (const auto& recovered : row.recovered)
      child.recovered.push_back({recovered.target, recovered.fd.get()});
    table.children.push_back(std::move(child));
  }
  for (const auto& [key, row] : records_) {
    TableRecord record{key, row.bytes, row.durable, {}};
    for (const auto& fd : row.fds) record.fds.push_back(fd.get());
    table.records.push_back(std::move(record));
  }
  return table;
}

// There is no daemon now. Comes back only when it failed.
void Keeper::become_installed() {
  const Table table = table_now();
  const auto memfd = memfd_with(encode(table));
  int error = memfd ? 0 : memfd.error().code.value();
  if (memfd) {
    std::vector<int> kept = descriptors_of(table);
    kept.push_back(memfd->get());
    std::vector<std::string> environment = options_.environment;
    environment.push_back(std::string{table_variable} + "=" + std::to_string(memfd->get()));
    error = execute(options_.keeper, options_.argv, environment, kept);
  }
  note(NoteLevel::error, "cannot execute " + options_.keeper + " (" + common::errno_name(error) +
                             "): only the daemon is replaced");
}

// What stands in the table is ours already, by number.
std::optional<int> Keeper::resume(Table& table) {
  epoch_ = table.epoch;
  started_at_ns_ = table.started_at_ns;
  upgrades_ = table.upgrades + 1;
  values_ = std::move(table.values);
  rundir_ = Rundir{std::move(table.rundir), taken(table.folder), taken(table.pump)};
  program_files_ = rlimit{table.files_soft, table.files_hard};
  adopted_ = table.adopted;
  daemon_starts_ = table.daemon_starts;
  previous_end_ = table.previous_end;
  pending_signals_ = std::move(table.pending_signals);
  shutdown_signal_ = table.shutdown_signal;
  for (TableChild& child : table.children) {
    ChildRow row;
    row.facts = std::move(child.facts);
    row.adopted = child.adopted;
    row.group_left = child.group_left;
    row.pidfd = taken(child.pidfd);
    for (const auto& [target, fd] : child.recovered) row.recovered.push_back({target, taken(fd)});
    if (children_.find(row.facts.name) == nullptr) children_.add(std::move(row));
  }
  for (TableRecord& record : table.records) {
    RecordRow row{std::move(record.bytes), record.durable, {}};
    for (const int fd : record.fds) row.fds.push_back(taken(fd));
    records_[std::move(record.key)] = std::move(row);
  }
  cgroups_ = Cgroups{own_cgroup_folder()};
  phase_ = Phase::run;
  if (const int error = open_loop()) {
    note(NoteLevel::error, "epoll: " + common::system_error("epoll", error).context);
    return 1;
  }
  if (rundir_.folder) {
    if (auto folder = common::duplicate(rundir_.folder.get()))
      state_file_ = StateFile{std::move(*folder)};
    if (const auto written = state_file_.rewrite(state_now()); !written)
      note(NoteLevel::error, "cannot write the state file: " + written.error().context);
  }
  note(NoteLevel::info, "supervisord's main process was replaced in place: version " +
                            table.version + " by " + SUPERVISOR_VERSION + ", " +
                            std::to_string(children_.living()) + " programs run on");
  return std::nullopt;
}

}  // namespace supervisord::keeper
