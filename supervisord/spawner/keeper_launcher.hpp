// The daemon's side of the link to the keeper: starts and signals programs, keeps records, takes
// over what the daemon before it left. All on the daemon's loop; one for each daemon.
//
// What is sent within one turn of the loop leaves together and in order at the turn's end, in as
// few packets as it fits, so that for example a Put and the spawn after it reach the keeper both or
// not at all. Records of keys "log:" and "stream:" are sent at once, with all that came before
// them, since what the caller does next (writes to the file) must find them held. flush() does it
// for the rest.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/held.hpp"
#include "common/unique_fd.hpp"
#include "supervisord/keeper/messages.hpp"
#include "supervisord/spawner/launcher.hpp"

namespace supervisord::keeper {
class Link;
}

namespace supervisord::spawner {

/// A pipe end of an adopted child, opened again: to read for 1 and 2, to write for 0.
struct RecoveredFd {
  int target = 0;
  common::UniqueFd fd;
};

/// A child as the keeper lists it: living, or ended and not yet forgotten.
struct Child {
  std::string name;  // "group:process"
  pid_t pid = 0;     // 0: its launch was cut off by the keeper's death
  std::uint64_t start_ticks = 0;
  std::chrono::system_clock::time_point started_at;
  bool adopted = false;  // of a keeper that was killed; it is no child of this one
  std::optional<keeper::ChildExit> exit;
  std::vector<RecoveredFd> recovered;
};

/// What there is when this daemon starts.
struct Snapshot {
  keeper::Welcome welcome;
  std::vector<common::Held> records;  // by key
  std::vector<Child> children;        // by name
};

struct KeeperHandlers {
  std::function<void(int number)> signalled;  // TERM, INT, QUIT, HUP or USR2 came to the keeper
  std::function<void(keeper::NoteLevel level, const std::string& text)> note;  // for the main log
  std::function<void(const std::string& why)> lost;  // the keeper is gone: end at once
};

class KeeperLauncher final : public Launcher, public common::Holder {
 public:
  /// Takes the link, which is descriptor 3 of every daemon. Errors: not a link.
  static common::Result<std::unique_ptr<KeeperLauncher>> connect(boost::asio::io_context& io,
                                                                 common::UniqueFd fd);
  ~KeeperLauncher() override;

  /// Says hello and waits for the whole list. Once, before start(). Errors: closed, unsupported.
  common::Result<Snapshot> hello();
  /// From now on the handlers are called, each from the loop, never from within a call of ours.
  void start(LaunchHandlers launch, KeeperHandlers keeper);

  void spawn(const keeper::SpawnPlan& plan, std::span<const int> fds) override;
  void signal(std::string_view name, int number, SignalTarget target) override;
  void name_heir(std::string_view name, pid_t pid) override;
  void kill_cgroup(std::string_view name) override;
  void forget(std::string_view name) override;

  void put(std::string_view key, std::string_view bytes, std::span<const int> fds) override;
  void drop(std::string_view key) override;

  /// The end of the pre-flight: sent at once; the daemon exits 0 after it.
  void preflight(const keeper::Preflight& values);
  void ready();
  /// Sent at once; the daemon exits after it, and the keeper ends with `status`.
  void finish(int status);
  /// Whether the installed programs can take over: why not, or nothing. Waits for the keeper, which
  /// tries them (tens of milliseconds; seconds, if one hangs). Nothing: this daemon is to end.
  std::optional<std::string> check_upgrade();
  /// Sends what is queued; waits while the keeper is behind.
  void flush();

 private:
  KeeperLauncher(boost::asio::io_context& io, common::UniqueFd fd, common::UniqueFd waiting);
  void send(const keeper::Message& message, std::span<const int> fds = {});
  void wait_readable();
  void receive();
  void deliver(const keeper::Message& message);
  void lose(const std::string& why);

  boost::asio::io_context& io_;
  std::unique_ptr<keeper::Link> link_;
  boost::asio::posix::stream_descriptor readable_;  // a duplicate of the link's, for waiting only
  LaunchHandlers launch_;
  KeeperHandlers keeper_;
  void deliver_early();
  std::vector<keeper::Message> early_;  // came while something else was waited for
  bool flush_posted_ = false;
  bool lost_ = false;
  std::shared_ptr<bool> alive_;  // for what was posted when this object is gone
};

}  // namespace supervisord::spawner
