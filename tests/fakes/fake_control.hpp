// A daemon without processes: answers Control's verbs from plain values, and keeps what was asked.
// On one loop, like the real one; a test's thread reaches it through ApiFixture::on_loop().
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "supervisord/control/control.hpp"

namespace supervisord::control {

class FakeControl final : public Control {
 public:
  explicit FakeControl(boost::asio::io_context& io) : io_{io} {}

  // What it answers from.
  std::vector<process::Status> processes;
  std::map<std::string, Fault> start_faults;  // by process name
  std::map<std::string, std::string> logs;    // by process name; "" is the main log
  DaemonInfo info{.pid = 4000, .daemon_pid = 4001, .version = "9.8.7"};
  ConfigChanges changes;
  std::string bad_files;  // why reread() fails; "": it does not
  std::vector<AvailableProcess> available_processes;
  std::vector<config::ProcessSpec> specs;  // all in use, each in a group of priority 999
  std::vector<ProgramSocket> program_sockets;
  std::vector<process::RunEnd> ends;  // of every process
  std::set<std::string> groups_to_add;
  std::set<std::string> empty_groups;
  bool settle_starts = true;    // else a start goes on for ever
  std::string refuses_upgrade;  // why; "": it does not
  bool keeps_keeper = false;    // an upgrade that replaces the daemon only

  // What it was asked, and what is still open.
  std::vector<std::string> calls;
  int interests = 0;
  int chunks_read = 0;

  /// Writes to a log: followers that wait get it.
  void append(const std::string& name, std::string_view text);
  void happen(const Event& event);
  process::Status& process(std::string_view name);

  DaemonInfo daemon() const override { return info; }
  Ending shutdown() override { return end("shutdown", DaemonState::shutting_down); }
  Ending reload() override { return end("reload", DaemonState::restarting); }
  Ending reopen_logs() override { return {}; }
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
  std::vector<AvailableProcess> available() const override { return available_processes; }
  std::vector<ConfiguredProcess> configured() const override;
  std::vector<ProgramSocket> sockets() const override { return program_sockets; }
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
  struct Open;
  struct Watching;
  struct Flow;
  Ending end(const std::string& call, DaemonState state);
  InterestPtr later(std::function<void()> act);
  void signal_all(const std::vector<std::string>& selectors, Fault refusal,
                  const Progress& progress, const Done& done);
  Outcome start_one(process::Status& process);
  Outcome stop_one(process::Status& process);
  /// The processes that the selectors name; the selector that names nothing.
  std::vector<process::Status*> select(const std::vector<std::string>& selectors,
                                       std::string& unknown);
  InterestPtr act(const std::vector<std::string>& selectors, Progress progress, Done done,
                  Outcome (FakeControl::*one)(process::Status&));

  boost::asio::io_context& io_;
  std::set<Watching*> watching_;
  std::set<Flow*> flows_;
};

}  // namespace supervisord::control
