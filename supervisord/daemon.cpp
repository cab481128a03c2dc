#include "supervisord/daemon.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

#include "common/lines.hpp"
#include "common/log.hpp"
#include "common/signals.hpp"
#include "supervisord/config/codec.hpp"
#include "supervisord/control/verbs.hpp"
#include "supervisord/daemon_log.hpp"
#include "supervisord/daemon_record.hpp"
#include "supervisord/descriptors.hpp"
#include "supervisord/exit_on.hpp"
#include "supervisord/keeper_answers.hpp"
#include "supervisord/listeners.hpp"
#include "supervisord/log/auto_names.hpp"
#include "supervisord/output_taps.hpp"
#include "supervisord/preflight.hpp"
#include "supervisord/program_plans.hpp"
#include "supervisord/servers.hpp"
#include "supervisord/start_lines.hpp"
#include "supervisord/stop_of_all.hpp"
#include "supervisord/takeover.hpp"

namespace supervisord {
namespace {

namespace asio = boost::asio;
using common::Held;
using common::Level;
using control::DaemonState;

std::string_view signal_meaning(int number) {
  return number == SIGHUP ? "restart" : number == SIGUSR2 ? "log reopen" : "exit";
}

}  // namespace

class Daemon::Impl {
 public:
  Impl(asio::io_context& io, spawner::KeeperLauncher& keeper, Source source)
      : io_{io}, keeper_{keeper}, source_{std::move(source)} {}

  common::Result<int> run(spawner::Snapshot snapshot);

 private:
  common::Result<void> accept_record(std::vector<Held>& records);
  common::Result<void> open_log();
  common::Result<void> open_history(std::vector<Held>& records);
  void make_parts();
  void adapt_surroundings();
  void on_change(const process::StateChange& change);
  void take_over(spawner::Snapshot& snapshot);
  void make_groups();
  void restart_listeners();
  void start_keeper();
  void on_signal(int number);

  common::Result<void> accept_files();
  void announce(events::Event event) { verbs_->announce(std::move(event)); }
  void announce_stopping() {
    if (record_.state == DaemonState::running)
      announce({.type = "SUPERVISOR_STATE_CHANGE_STOPPING"});
  }
  void begin_shutdown();
  void begin_reload();
  void begin_ending();
  control::Ending upgrade();
  void restart();
  void finish();
  void remember(DaemonRecord record);
  void reopen_logs();
  control::DaemonInfo info() const;
  void report(Level level, const std::string& text) const { common::log(level, text); }
  void report(const Lines& lines) const {
    for (const auto& [level, line] : lines) common::log(level, line);
  }

  asio::io_context& io_;
  spawner::KeeperLauncher& keeper_;
  Source source_;
  config::Config config_;        // as last accepted
  config::DaemonSpec in_force_;  // [supervisord] as this daemon runs on it
  keeper::Welcome welcome_;
  process::WallTime started_at_ = std::chrono::system_clock::now();
  DaemonRecord record_;
  ProgramPlans plans_{[this] { return servers_->url().value_or(""); }};

  DaemonLog log_{keeper_, [this] {
                   asio::post(io_, [this] {
                     if (logs_) logs_->written(in_force_.logfile);
                   });
                 }};
  std::unique_ptr<log::Logs> logs_;
  std::optional<events::History> history_;
  process::ProgramSockets sockets_{
      keeper_, [this](Level level, const std::string& text) { report(level, text); }};
  process::Table table_;
  StopOfAll stop_of_all_{io_, table_};
  KeeperAnswers answers_{table_, keeper_};
  OutputTaps output_taps_{table_};
  std::optional<process::Surroundings> surroundings_;
  std::optional<Listeners> listeners_;
  std::optional<control::Groups> groups_;
  std::optional<control::Verbs> verbs_;
  std::optional<Servers> servers_;
  std::optional<int> exit_status_;
};

common::Result<int> Daemon::Impl::run(spawner::Snapshot snapshot) {
  welcome_ = snapshot.welcome;
  if (auto accepted = accept_record(snapshot.records); !accepted) return accepted.error();
  if (auto opened = open_log(); !opened) return opened.error();
  const bool is_first = welcome_.daemon_starts <= 1;
  if (is_first) {
    report(start_lines(config_, ::getuid()));
  }
  if (auto opened = open_history(snapshot.records); !opened) return opened.error();

  const auto pump = take_record(snapshot.records, "pump");
  if (!pump || pump->fds.empty())
    return common::Error{common::Errc::missing, "the keeper has no memory for the log pump"};
  log::LogHandlers handlers{
      .report = [this](Level level, const std::string& text) { report(level, text); },
      .end_of_stream = [](const std::string&) {},
      .flush = [this] { keeper_.flush(); }};
  output_taps_.set_receivers([this](const auto& stream, auto bytes,
                                    auto piece) { listeners_->on_output(stream, bytes, piece); },
                             [this](const auto& stream, auto data, auto piece) {
                               listeners_->on_captured(stream, data, piece);
                             });
  output_taps_.connect(handlers);
  logs_ = std::make_unique<log::Logs>(io_, keeper_, pump->fds[0].get(), std::move(handlers));
  make_parts();
  listeners_->take_over(snapshot.records);
  const auto recovered = logs_->take_over(snapshot.records);
  servers_.emplace(io_, *verbs_, keeper_);
  if (auto serving = servers_->open(config_.servers, snapshot.records); !serving)
    return serving.error();
  if (is_first) {
    report(serving_lines(config_.servers));
    report(background_lines(config_.daemon));
  }
  start_keeper();
  report(Level::info,
         is_first
             ? fmt::format("supervisord started with pid {}", welcome_.keeper_pid)
             : fmt::format(
                   "daemon {} took over from the one before it (children: {}, log pump: {})",
                   ::getpid(), snapshot.children.size(), log::record_state_name(recovered.state)));
  take_over(snapshot);
  listeners_->begin();
  if (welcome_.state_adopted && is_first) restart_listeners();
  if (record_.state == DaemonState::shutting_down) begin_shutdown();
  if (record_.state == DaemonState::restarting) begin_reload();
  if (const auto update = take_record(snapshot.records, "update");
      update && record_.state == DaemonState::running) {
    verbs_->resume_update(common::lines_of(update->bytes));
  }
  for (const auto& [number, held] : take_records(snapshot.records, "restart:"))
    verbs_->resume_restart(number, held.bytes);
  keeper_.ready();
  ::malloc_trim(0);  // decoding the configuration and the keeper's list took more than stays
  io_.run();
  return exit_status_.value_or(1);
}

common::Result<void> Daemon::Impl::accept_record(std::vector<Held>& records) {
  const auto held = take_record(records, "config");
  if (!held) return common::Error{common::Errc::missing, "the keeper holds no configuration"};
  auto config = config::decode(held->bytes);
  if (!config) return config.error();
  config_ = *std::move(config);
  in_force_ = config_.daemon;
  source_.file = config_.file;
  if (const auto daemon = take_record(records, "daemon"))
    record_ = decode_daemon_record(daemon->bytes);
  if (const auto limits = take_record(records, "limits")) plans_.set_limits(limits->bytes);
  return {};
}

common::Result<void> Daemon::Impl::open_log() {
  if (auto opened = log_.open(in_force_); !opened) return opened.error();
  output_taps_.set_debug(in_force_.loglevel >= config::LogLevel::debug);
  return {};
}

common::Result<void> Daemon::Impl::open_history(std::vector<Held>& records) {
  auto held = take_record(records, "events");
  if (held && !held->fds.empty()) {
    auto opened = events::History::open(std::move(held->fds[0]), welcome_.epoch);
    if (opened) {
      history_.emplace(*std::move(opened));
      return {};
    }
    report(Level::warn, "events of the last daemon are lost: " + opened.error().context);
  }
  auto made = events::History::make(welcome_.epoch);
  if (!made) return made.error();
  history_.emplace(*std::move(made));
  const int fd = history_->fd();
  keeper_.put("events", "", std::span{&fd, 1});
  return {};
}

void Daemon::Impl::make_parts() {
  surroundings_.emplace(process::Surroundings{
      .io = io_,
      .launcher = keeper_,
      .holder = keeper_,
      .logs = *logs_,
      .sockets = sockets_,
      .rundir = welcome_.rundir,
      .childlogdir = {},
      .identifier = {},
      .plan = [this](const auto& spec, const auto& more) { return plans_.plan(spec, more); },
      .report = [this](Level level, const std::string& text) { report(level, text); },
      .changed = [this](const process::StateChange& change) { on_change(change); },
      .flush = [this] { keeper_.flush(); },
  });
  adapt_surroundings();
  listeners_.emplace(Listeners::Parts{table_, *surroundings_,
                                      [this](events::Event event) { announce(std::move(event)); },
                                      [this] { verbs_->on_listener(); }});
  groups_.emplace(table_, *surroundings_, listeners_->group_handlers());
  verbs_.emplace(table_, *groups_, *surroundings_, *history_,
                 control::DaemonHooks{
                     .info = [this] { return info(); },
                     .shutdown =
                         [this] {
                           report(Level::info, "shutdown request by a client");
                           begin_shutdown();
                         },
                     .reload =
                         [this] {
                           report(Level::info, "restart request by a client");
                           begin_reload();
                         },
                     .reopen_logs = [this] { reopen_logs(); },
                     .upgrade = [this] { return upgrade(); },
                     .read_files = [this] { return accept_files(); },
                     .config = [this]() -> const config::Config& { return config_; },
                     .main_log = [this] { return log_.file(); },
                     .announced =
                         [this](const events::Event& event) {
                           listeners_->publish(event.type, event.payload);
                         },
                     .has_events = [this](const auto& group) { return listeners_->is_busy(group); },
                 });
}

// What of [supervisord] the processes look at.
void Daemon::Impl::adapt_surroundings() {
  surroundings_->childlogdir = in_force_.childlogdir;
  surroundings_->identifier = in_force_.identifier;
  surroundings_->output_is_logged = in_force_.loglevel >= config::LogLevel::debug;
  surroundings_->exit_on = in_force_.exit_on;
}

void Daemon::Impl::on_change(const process::StateChange& change) {
  verbs_->on_change(change);
  listeners_->on_change(change);
  if (record_.state != DaemonState::running) return;
  const auto end = suite_end(in_force_.exit_on, change);
  if (!end) return;
  report(Level::warn, end->line);
  record_.exit_status = end->status;
  begin_shutdown();
}

void Daemon::Impl::take_over(spawner::Snapshot& snapshot) {
  Takeover takeover{{table_, *groups_, keeper_, *logs_, sockets_, config_, surroundings_->report}};
  takeover.run(snapshot);
  answers_.set_strays(takeover.strays());
  if (welcome_.daemon_starts <= 1 && !in_force_.nocleanup) {
    log::remove_stale_auto_logs(in_force_.childlogdir, in_force_.identifier,
                                takeover.logs_in_use());
  }
  make_groups();
  groups_->settle_sockets();
}

// Puts what the configuration names and nobody has made yet into force; starts what starts by
// itself.
void Daemon::Impl::make_groups() {
  if (record_.state != DaemonState::running) return;
  if (!record_.groups_are_made) {
    for (const auto& spec : config_.groups) {
      if (table_.find_group(spec.name) == nullptr) groups_->add(spec, control::Autostart::later);
    }
    announce({.type = "SUPERVISOR_STATE_CHANGE_RUNNING"});
  }
  for (const auto& group : table_.groups()) control::Groups::autostart(*group);
  if (!record_.groups_are_made) {
    record_.groups_are_made = true;
    remember(record_);
  }
}

// The keeper before this one was killed: how far each dialogue had come is not known for sure, and
// one that is at odds with its listener would stay silent for ever.
void Daemon::Impl::restart_listeners() {
  std::vector<std::string> adopted;
  for (const auto& group : table_.groups()) {
    if (!group->spec().listener) continue;
    for (const auto& process : group->processes()) {
      if (process->has_child()) adopted.push_back(process->key());
    }
  }
  if (adopted.empty() || record_.state != DaemonState::running) return;
  report(Level::info, "restarting event listeners: the supervisord before this one was killed");
  verbs_->restart(adopted, control::Wait::no, {[](const auto&) {}, [](const auto&) {}},
                  [](const auto&) {});
}

void Daemon::Impl::start_keeper() {
  spawner::KeeperHandlers keeper;
  keeper.signalled = [this](int number) { on_signal(number); };
  keeper.note = KeeperAnswers::log_note;
  keeper.lost = [this](const std::string& why) {
    report(Level::critical, "the keeper is gone: " + why);
    io_.stop();
  };
  keeper_.start(answers_.handlers(), std::move(keeper));
}

void Daemon::Impl::on_signal(int number) {
  const std::string name = common::signal_name(number);
  if (number == SIGUSR2) {
    report(Level::info,
           fmt::format("received {} indicating {} request", name, signal_meaning(number)));
    reopen_logs();
    return;
  }
  if (number == SIGHUP && record_.state != DaemonState::running) {
    report(Level::warn,
           fmt::format("ignored {} indicating restart request (shutdown in progress)", name));
    return;
  }
  report(Level::warn,
         fmt::format("received {} indicating {} request", name, signal_meaning(number)));
  if (number != SIGHUP) {
    begin_shutdown();
  } else if (const auto accepted = accept_files(); !accepted) {
    for (const auto& line : common::lines_of(accepted.error().context)) report(Level::error, line);
    report(Level::error, "not restarted, the configuration in force stays: the files have errors");
  } else {
    begin_reload();
  }
}

common::Result<void> Daemon::Impl::accept_files() {
  auto config = read_configuration(source_);
  if (!config) return config.error();
  Limits limits = limits_now();
  limits.may_raise = false;  // the keeper's are what they were made at its start
  if (const auto granted = check_limits(*config, limits); !granted) return granted.error();
  for (const auto& line : config->notices) report(Level::info, line);
  for (const auto& line : config->warnings) report(Level::warn, line);
  config_ = *std::move(config);
  keeper_.put("config", config::encode(config_), {});
  return {};
}

void Daemon::Impl::remember(DaemonRecord record) {
  record_ = record;
  keeper_.put("daemon", encode(record_), {});
}

void Daemon::Impl::begin_shutdown() {
  announce_stopping();
  if (record_.state == DaemonState::restarting)
    report(Level::info, "the restart becomes a shutdown");
  record_.state = DaemonState::shutting_down;
  remember(record_);
  begin_ending();
}

void Daemon::Impl::begin_reload() {
  announce_stopping();
  record_.state = DaemonState::restarting;
  remember(record_);
  begin_ending();
}

// What comes after the stop is asked when all is down, since a restart may become a shutdown.
void Daemon::Impl::begin_ending() {
  stop_of_all_.begin(*verbs_, [this] {
    if (record_.state == DaemonState::restarting) {
      restart();
    } else {
      finish();
    }
  });
}

void Daemon::Impl::restart() {
  for (const auto& spec : groups_->specs()) groups_->remove(spec.name);
  in_force_ = config_.daemon;
  adapt_surroundings();
  if (auto opened = open_log(); !opened) report(Level::critical, opened.error().context);
  logs_->reopen_all();
  if (auto serving = servers_->replace(config_.servers); !serving)
    report(Level::critical, serving.error().context);
  report(serving_lines(config_.servers));
  remember({.state = DaemonState::running, .groups_are_made = false});
  report(Level::info, fmt::format("supervisord restarted with pid {}", welcome_.keeper_pid));
  make_groups();
}

void Daemon::Impl::finish() {
  for (process::Process* const process : table_.all()) process->retire();
  servers_->shutdown();
  sockets_.keep_only({});
  exit_status_ = record_.exit_status;
  keeper_.finish(record_.exit_status);
  io_.stop();
}

// The answer leaves first. All else is as if this daemon were killed, which every part stands.
control::Ending Daemon::Impl::upgrade() {
  if (auto refusal = keeper_.check_upgrade()) return {control::Fault::failed, *std::move(refusal)};
  report(Level::info, "upgrade: the installed supervisord takes over, all programs run on");
  asio::post(io_, [this] {
    servers_->hand_over();
    keeper_.flush();
    ::_exit(0);
  });
  return {};
}

void Daemon::Impl::reopen_logs() {
  if (const auto opened = log_.reopen(); !opened) report(Level::critical, opened.error().context);
  logs_->reopen_all();
  report(Level::info, "supervisord logreopen");
}

control::DaemonInfo Daemon::Impl::info() const {
  control::DaemonInfo info;
  info.pid = welcome_.keeper_pid;
  info.daemon_pid = ::getpid();
  info.version = SUPERVISOR_VERSION;
  info.identifier = in_force_.identifier;
  info.state = record_.state;
  info.started_at = process::WallTime{std::chrono::nanoseconds{welcome_.suite_started_at_ns}};
  info.daemon_started_at = started_at_;
  info.config_file = config_.file;
  info.daemon_starts = welcome_.daemon_starts;
  info.keeper_version = welcome_.version;
  info.keeper_upgrades = welcome_.upgrades;
  return info;
}

Daemon::Daemon(asio::io_context& io, spawner::KeeperLauncher& keeper, Source source)
    : impl_{std::make_unique<Impl>(io, keeper, std::move(source))} {}

Daemon::~Daemon() = default;

common::Result<int> Daemon::run(spawner::Snapshot snapshot) {
  return impl_->run(std::move(snapshot));
}

}  // namespace supervisord
