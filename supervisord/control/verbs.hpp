// Control as it is: the verbs on the groups and processes in force. Owned by the daemon, on its
// loop. What only the daemon can do (end, read its files, its own log) comes in as functions.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "supervisord/control/change_wait.hpp"
#include "supervisord/control/control.hpp"
#include "supervisord/control/groups.hpp"
#include "supervisord/control/operation.hpp"
#include "supervisord/control/restart.hpp"
#include "supervisord/control/selector.hpp"
#include "supervisord/control/update.hpp"
#include "supervisord/events/history.hpp"

namespace supervisord::control {

struct DaemonHooks {
  std::function<DaemonInfo()> info;
  std::function<void()> shutdown;
  std::function<void()> reload;
  std::function<void()> reopen_logs;
  std::function<Ending()> upgrade;
  /// Reads the files and accepts them. Errors: every error, a line each; nothing has changed then.
  std::function<common::Result<void>()> read_files;
  /// The configuration as last accepted.
  std::function<const config::Config&()> config;
  std::function<std::optional<log::LogFile>()> main_log;
  /// Of each event, for the pools of event listeners.
  std::function<void(const events::Event&)> announced = {};
  /// Whether the group's event listeners are still to be told something.
  std::function<bool(const std::string& group)> has_events = {};
};

class Verbs final : public Control {
 public:
  Verbs(process::Table& table, Groups& groups, process::Surroundings& surroundings,
        events::History& history, DaemonHooks hooks);
  ~Verbs() override;

  /// As the processes tell it: events, those who wait, those who watch.
  void on_change(const process::StateChange& change);
  /// Numbers and keeps an event, and gives it to those who watch. `event` names type, process and
  /// payload; epoch, serial and time are set here.
  void announce(Event event);
  /// Some event listener has answered, or come to its end.
  void on_listener() { changes_.on_change(); }
  /// Stops all groups, those of the highest priority first, equal ones together, and comes back
  /// when all are down.
  boost::asio::awaitable<void> stop_everything();
  /// Goes on with an update that an earlier daemon had begun: for these groups, or all when empty.
  void resume_update(const std::vector<std::string>& groups) { updates_.resume(groups); }
  /// Likewise with a restart; its record is "restart:NUMBER".
  void resume_restart(const std::string& number, std::string_view bytes) {
    restarts_.resume(number, bytes);
  }

  DaemonInfo daemon() const override;
  Ending shutdown() override;
  Ending reload() override;
  Ending reopen_logs() override;
  Ending upgrade() override;
  common::Result<std::vector<process::Status>> status(
      const std::vector<std::string>& selectors) const override;
  InterestPtr start(const std::vector<std::string>& selectors, Wait wait, Progress progress,
                    Done done) override;
  InterestPtr stop(const std::vector<std::string>& selectors, Wait wait, Progress progress,
                   Done done) override;
  InterestPtr restart(const std::vector<std::string>& selectors, Wait wait,
                      RestartProgress progress, Done done) override;
  void signal(const std::vector<std::string>& selectors, std::string_view signal,
              const Progress& progress, const Done& done) override;
  void send_reload_signal(const std::vector<std::string>& selectors, const Progress& progress,
                          const Done& done) override;
  Ending send_stdin(std::string_view process, std::string_view bytes) override;
  void send_remote_event(std::string_view type, std::string_view data) override;
  common::Result<ConfigChanges> reread() override;
  std::vector<AvailableProcess> available() const override;
  std::vector<ConfiguredProcess> configured() const override;
  std::vector<ProgramSocket> sockets() const override;
  InterestPtr update(const std::vector<std::string>& groups,
                     std::function<void(const UpdateProgress&)> progress, Done done) override;
  Ending add_group(std::string_view group) override;
  Ending remove_group(std::string_view group) override;
  common::Result<std::vector<std::pair<std::string, std::string>>> describe(
      std::string_view process) const override;
  std::vector<process::RunEnd> run_ends(std::string_view process) const override;
  common::Result<LogChunk> read_log(const LogName& log, std::int64_t offset,
                                    std::uint64_t length) const override;
  common::Result<LogTail> tail_log(const LogName& log, std::uint64_t offset,
                                   std::uint64_t length) const override;
  Ending clear_log(const LogName& log) override;
  common::Result<std::unique_ptr<LogFlow>> follow_log(
      const LogName& log, std::optional<LogPosition> from, std::uint64_t last_bytes,
      std::function<void(SharedChunk)> chunk) override;
  InterestPtr watch(std::optional<EventPosition> from, std::function<void(const Event&)> event,
                    std::function<void(std::uint64_t)> lost) override;

 private:
  boost::asio::awaitable<void> tell_the_last(const std::vector<std::string>& groups);
  struct Watcher;
  bool is_ending() const { return daemon_state() != DaemonState::running; }
  DaemonState daemon_state() const { return hooks_.info().state; }
  InterestPtr refuse(Fault fault, std::string detail, Done done);
  /// The processes, or the fault that a selector earns.
  std::optional<std::vector<process::Process*>> select(const std::vector<std::string>& selectors,
                                                       Order order, Ending& refusal) const;
  void signal_each(const std::vector<std::string>& selectors,
                   const std::function<int(const process::Process&)>& number,
                   const Progress& progress, const Done& done);
  common::Result<log::LogFile> find_log(const LogName& log) const;

  process::Table& table_;
  Groups& groups_;
  process::Surroundings& surroundings_;
  events::History& history_;
  DaemonHooks hooks_;
  Operations operations_;
  ChangeWait changes_;
  Restarts restarts_;
  Updates updates_;
  std::vector<std::shared_ptr<Watcher>> watchers_;
};

}  // namespace supervisord::control
