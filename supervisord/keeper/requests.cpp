// What the daemon asks for, and what becomes of the children.
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "common/error.hpp"
#include "common/overloaded.hpp"
#include "common/wait_status.hpp"
#include "supervisord/keeper/adoption.hpp"
#include "supervisord/keeper/keeper.hpp"
#include "supervisord/keeper/keeper_tags.hpp"
#include "supervisord/keeper/reaper.hpp"

namespace supervisord::keeper {
namespace {

using namespace std::chrono_literals;
using common::Overloaded;

// Init reaps within milliseconds; a program's restart does not wait for a slow one, it costs the
// exit status only.
constexpr auto patience_with_unreaped = 200ms;
constexpr int packets_a_turn = 64;  // then the children have their turn

std::vector<int> numbers_of(const std::vector<common::UniqueFd>& fds) {
  std::vector<int> numbers;
  for (const common::UniqueFd& fd : fds) numbers.push_back(fd.get());
  return numbers;
}

}  // namespace

void Keeper::receive() {
  for (int i = 0; i < packets_a_turn && link_; ++i) {
    std::vector<Incoming> incoming;
    const Link::Received received = link_->receive(incoming);
    if (!incoming.empty()) watchdog_.heard();
    take_in(incoming);
    if (received == Link::Received::nothing) return;
    if (received == Link::Received::closed) {  // a daemon without its link is of no use
      close_link();
      if (!finish_ && phase_ == Phase::run) kill_daemon_at_ = Clock::now() + 1s;
      return;
    }
  }
}

// No launch is on its way afterwards: descriptors are closed, a daemon may be started.
void Keeper::take_in(std::vector<Incoming>& incoming) {
  for (Incoming& one : incoming) on(one);
  settle_launches();
}

void Keeper::on(Incoming& incoming) {
  const bool may_overtake = std::holds_alternative<Spawn>(incoming.message) ||
                            std::holds_alternative<Put>(incoming.message);
  if (!may_overtake) settle_launches();
  std::visit(Overloaded{
                 [&](const Hello& hello) { on_hello(hello); },
                 [&](Put& put) { on_put(put, incoming); },
                 [&](const Drop& drop) {
                   const auto place = records_.find(drop.key);
                   if (place == records_.end()) return;
                   if (place->second.durable) write_down(journal_drop(drop.key));
                   records_.erase(place);
                 },
                 [&](Spawn& spawn) { on_spawn(spawn, incoming); },
                 [&](const Signal& signal) { on_signal_request(signal); },
                 [&](const Forget& forget) { on_forget(forget.name); },
                 [&](const KillCgroup& kill) {
                   const ChildRow* const row = children_.find(kill.name);
                   if (row != nullptr && !row->facts.cgroup.empty())
                     Cgroups::kill(row->facts.cgroup);
                 },
                 [&](const MainPid& named) { on_main_pid(named); },
                 [&](const Ready&) {
                   revive_.ready();
                   if (!shutdown_signal_) (void)notifier_.send("READY=1");
                 },
                 [&](const Finish& finish) { on_finish(finish.status); },
                 [&](Preflight& values) {
                   if (phase_ == Phase::preflight) values_ = std::move(values);
                 },
                 [&](const Upgrade&) { on_upgrade(); },
                 [&](const Pong&) {},  // that it came says it all
                 [&](const Unsupported& m) {
                   if (m.type == message_type(Ping{})) return;  // an older daemon's answer
                   note(NoteLevel::warn,
                        "the daemon does not know messages of type " + std::to_string(m.type));
                 },
                 [&](const auto&) { tell(Unsupported{message_type(incoming.message)}); },
             },
             incoming.message);
}

void Keeper::on_hello(const Hello& hello) {
  Welcome welcome;
  welcome.phase = phase_;
  welcome.daemon_starts = daemon_starts_;
  welcome.epoch = epoch_;
  welcome.suite_started_at_ns = started_at_ns_;
  welcome.keeper_pid = ::getpid();
  welcome.state_adopted = adopted_;
  welcome.survives_keeper = static_cast<bool>(rundir_.folder);
  welcome.previous_end = previous_end_;
  welcome.rundir = rundir_.path;
  welcome.version = SUPERVISOR_VERSION;
  welcome.upgrades = upgrades_;
  if (daemon_pid_ == 0 || std::exchange(welcomed_, true)) return;  // a dead one's, or the second
  if (phase_ == Phase::run) watchdog_.greeted(Clock::now());
  tell(welcome);
  if (hello.major != protocol_major) {
    note(NoteLevel::error, "the daemon speaks protocol " + std::to_string(hello.major) +
                               ", the keeper " + std::to_string(protocol_major));
    return;
  }
  send_list();
  if (shutdown_signal_) tell(Signalled{*shutdown_signal_});
  for (const int number : std::exchange(pending_signals_, {})) tell(Signalled{number});
  for (const Note& one : std::exchange(pending_notes_, {})) tell(one);
}

void Keeper::send_list() {
  for (const auto& [key, row] : records_) link_->send(Record{key, row.bytes}, numbers_of(row.fds));
  for (const auto& [name, row] : children_.rows()) {
    Child child{name,
                row.facts.pid,
                row.facts.start_ticks,
                row.facts.started_at_ns,
                row.adopted,
                row.facts.exit,
                {}};
    std::vector<int> fds;
    for (const auto& recovered : row.recovered) {
      child.recovered_targets.push_back(recovered.target);
      fds.push_back(recovered.fd.get());
    }
    link_->send(child, fds);
  }
  link_->send(ListEnd{});
}

void Keeper::on_put(Put& put, Incoming& incoming) {
  if (incoming.fds_missing) {
    note(NoteLevel::error, "no free descriptor for all of record '" + put.key + "'");
  }
  if (put.durable) write_down(journal_put(put.key, put.bytes));
  records_[std::move(put.key)] =
      RecordRow{std::move(put.bytes), put.durable, std::move(incoming.fds)};
}

void Keeper::on_spawn(Spawn& spawn, const Incoming& incoming) {
  SpawnPlan& plan = spawn.plan;
  const auto refuse = [&](const std::string& step, const std::string& argument, int error) {
    tell(Failed{plan.name, step, argument, error});
  };
  const auto is_its = [&](const Launching& one) { return one.plan.name == plan.name; };
  if (std::ranges::any_of(launching_, is_its)) settle_launches();
  if (children_.find(plan.name) != nullptr) return refuse("name", plan.name, EEXIST);
  if (incoming.fds_missing || incoming.fds.size() != plan.targets.size()) {
    return refuse("descriptors", "", incoming.fds_missing ? EMFILE : EBADF);
  }
  while (!launcher_.has_room(incoming.fds.size())) settle_launch();
  ChildFacts hint;
  hint.name = plan.name;
  write_down(journal_child(hint));
  const std::vector<int> fds = numbers_of(incoming.fds);
  const Cgroups::Made cgroup = plan.own_cgroup ? cgroups_.make() : Cgroups::Made{};
  Launching& launching = launching_.emplace_back(Launching{std::move(plan), {}, cgroup.path});
  const auto begun =
      launcher_.begin(launching.plan, fds, Launcher::WhenKeeperDies::lives_on, cgroup.fd.get());
  if (const auto* const failure = std::get_if<LaunchFailure>(&begun)) {
    not_launched(launching, *failure);
    launching_.pop_back();
    return;
  }
  // At once, and while it is on its way: from here on a next keeper knows it by its pid.
  const auto& [pid, pidfd] = std::get<Launcher::Begun>(begun);
  launching.facts = facts_of(launching.plan.name, pid, pidfd, fds, launching.plan.targets);
  launching.facts.cgroup = cgroup.path;
  write_down(journal_child(launching.facts));
}

void Keeper::settle_launches() {
  while (!launching_.empty()) settle_launch();
}

void Keeper::settle_launch() {
  auto outcome = launcher_.finish();  // until here the child reads the plan where it is
  Launching launching = std::move(launching_.front());
  launching_.pop_front();
  if (const auto* const failure = std::get_if<LaunchFailure>(&outcome)) {
    not_launched(launching, *failure);
    return;
  }
  auto& launched = std::get<Launched>(outcome);
  ChildRow row;
  row.facts = std::move(launching.facts);
  row.pidfd = std::move(launched.pidfd);
  if (!launched.in_cgroup && !row.facts.cgroup.empty()) {
    cgroups_.remove(std::exchange(row.facts.cgroup, ""));
    write_down(journal_child(row.facts));
  }
  tell(Spawned{row.facts.name, launched.pid, row.facts.start_ticks});
  const std::string name = row.facts.name;
  children_.add(std::move(row));
  if (alone_) send_signal(*children_.find(name), SIGTERM, true);
}

void Keeper::not_launched(const Launching& launching, const LaunchFailure& failure) {
  cgroups_.remove(launching.cgroup);
  write_down(journal_forgotten(launching.plan.name));
  tell(Failed{launching.plan.name, failure.step, failure.argument, failure.error});
}

void Keeper::on_forget(const std::string& name) {
  const ChildRow* const row = children_.find(name);
  const std::string cgroup = row != nullptr ? row->facts.cgroup : "";
  if (!children_.forget(name)) return;
  write_down(journal_forgotten(name));
  cgroups_.remove(cgroup);
}

void Keeper::on_main_pid(const MainPid& named) {
  ChildRow* const row = children_.find(named.name);
  if (row == nullptr || !row->lives() || row->facts.pid == named.pid) return;
  row->heir = find_heir(row->facts, named.pid);
  if (row->heir) return;
  note(NoteLevel::warn, "'" + named.name + "' names pid " + std::to_string(named.pid) +
                            " as its main process, which is none of its process group");
}

void Keeper::on_signal_request(const Signal& signal) {
  const ChildRow* const row = children_.find(signal.name);
  const int error = row == nullptr ? ESRCH : send_signal(*row, signal.number, signal.process_group);
  if (error != 0 && error != ESRCH) tell(SignalFailed{signal.name, signal.number, error});
}

// The daemon's own end comes last, so that a successor's list has every other exit of this turn.
// The one that the signal named goes first and is told at once: to find any other, the kernel looks
// at each child.
void Keeper::reap() {
  std::optional<int> daemon_status;
  bool is_first = true;
  for (pid_t which = std::exchange(named_child_, whoever);; which = whoever) {
    const auto one = reap_one(which);
    if (!one && which == whoever) break;
    if (!one) continue;
    if (one->pid == daemon_pid_) {
      daemon_status = one->status;
    } else if (trial_ && one->pid == trial_->pid) {
      trial_ended(one->status);
    } else if (ChildRow* const row = children_.find_living(one->pid);
               row != nullptr && !row->adopted) {
      child_exited(*row, {one->status, true});
      if (std::exchange(is_first, false) && link_) (void)link_->flush();
    } else {
      cgroups_.sweep();  // it may have been the last one in its own
      note(NoteLevel::info, "reaped unknown pid " + std::to_string(one->pid) + " (" +
                                common::wait_status_text(one->status) + ")");
    }
  }
  if (daemon_status) daemon_ended(*daemon_status);
}

void Keeper::look_at_adopted_child(pid_t pid) {
  ChildRow* const row = children_.find_living(pid);
  if (row == nullptr || !row->adopted) {
    unreaped_.erase(pid);
    return;
  }
  AdoptedEnd end = look_at_adopted(row->pidfd.get());
  switch (end.state) {
    case AdoptedState::lives: return;
    case AdoptedState::ended: {
      const auto [place, is_new] =
          unreaped_.try_emplace(pid, Clock::now() + patience_with_unreaped);
      if (is_new) unwatch(row->pidfd.get());
      if (Clock::now() < place->second) return;
      end.exit = {0, false};
      break;
    }
    case AdoptedState::forgotten: break;
  }
  if (unreaped_.erase(pid) == 0) unwatch(row->pidfd.get());
  child_exited(*row, end.exit);
}

// As what the child had named, if that lives.
bool Keeper::lives_on(ChildRow& row) {
  if (!row.heir) return false;
  const int pidfd = row.heir->pidfd.get();
  if (::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0) != 0) return false;
  children_.goes_on(row);
  row.facts.pidfd_inode = pidfd_inode(pidfd);
  if (row.adopted)
    watch(pidfd, tag(Watched::adopted, static_cast<std::uint32_t>(row.facts.pid)), EPOLLIN);
  write_down(journal_child(row.facts));
  tell(GoesOn{row.facts.name, row.facts.pid, row.facts.start_ticks});
  return true;
}

void Keeper::child_exited(ChildRow& row, ChildExit exit) {
  if (lives_on(row)) return;
  row.group_left = !row.adopted && ::kill(-row.facts.process_group(), 0) == 0;
  children_.exited(row, exit);
  write_down(journal_child(row.facts));
  tell(Exited{row.facts.name, row.facts.pid, exit.status, exit.known});
  if (alone_ && children_.living() == 0) end(1);
}

void Keeper::write_down(const std::string& row) {
  if (const auto written = state_file_.append(row); !written) {
    note(NoteLevel::error,
         "the state file cannot be written, a killed supervisord's programs will not be found "
         "again: " +
             written.error().context);
  }
  if (!state_file_.is_due()) return;
  if (const auto written = state_file_.rewrite(state_now()); !written) {
    note(NoteLevel::error, "cannot write the state file: " + written.error().context);
  }
}

JournalState Keeper::state_now() const {
  JournalState state;
  state.boot_id = boot_id();
  for (const auto& [name, row] : children_.rows()) state.children[name] = row.facts;
  for (const auto& [key, row] : records_) {
    if (row.durable) state.records[key] = row.bytes;
  }
  return state;
}

}  // namespace supervisord::keeper
