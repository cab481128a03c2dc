#include "supervisord/spawner/keeper_launcher.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <cerrno>

#include "common/overloaded.hpp"
#include "supervisord/keeper/link.hpp"

namespace supervisord::spawner {
namespace {

using common::Errc;
using common::Error;
using common::Overloaded;
using common::Result;
using keeper::Incoming;
using keeper::Link;

// How long the keeper may be behind before a waiting send looks again; ETOOMANYREFS has no event.
constexpr int look_again_ms = 5;

bool starts_with_any(std::string_view key, std::initializer_list<std::string_view> prefixes) {
  for (const std::string_view prefix : prefixes) {
    if (key.starts_with(prefix)) return true;
  }
  return false;
}

Child child_of(keeper::Child&& from, std::vector<common::UniqueFd>&& fds) {
  Child child;
  child.name = std::move(from.name);
  child.pid = from.pid;
  child.start_ticks = from.start_ticks;
  child.started_at = std::chrono::system_clock::time_point{
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::nanoseconds{from.started_at_ns})};
  child.adopted = from.adopted;
  child.exit = from.exit;
  for (std::size_t i = 0; i < fds.size() && i < from.recovered_targets.size(); ++i) {
    child.recovered.push_back({from.recovered_targets[i], std::move(fds[i])});
  }
  return child;
}

// False: the link is closed.
bool wait_for_packet(Link& link, std::vector<Incoming>& incoming) {
  for (;;) {
    switch (link.receive(incoming)) {
      case Link::Received::packet: return true;
      case Link::Received::closed: return false;
      case Link::Received::nothing: {
        pollfd ask{link.fd(), POLLIN, 0};
        ::poll(&ask, 1, -1);
      }
    }
  }
}

}  // namespace

Result<std::unique_ptr<KeeperLauncher>> KeeperLauncher::connect(boost::asio::io_context& io,
                                                                common::UniqueFd fd) {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
    return common::system_error("the keeper's link", errno);
  }
  if (type != SOCK_SEQPACKET) return common::system_error("the keeper's link", EPROTOTYPE);
  auto waiting = common::duplicate(fd.get());
  if (!waiting) return waiting.error();
  auto own = common::duplicate(fd.get());  // close-on-exec, which descriptor 3 is not
  if (!own) return own.error();
  return std::unique_ptr<KeeperLauncher>{
      new KeeperLauncher{io, std::move(*own), std::move(*waiting)}};
}

KeeperLauncher::KeeperLauncher(boost::asio::io_context& io, common::UniqueFd fd,
                               common::UniqueFd waiting)
    : io_{io},
      link_{std::make_unique<Link>(std::move(fd))},
      readable_{io, waiting.release()},
      alive_{std::make_shared<bool>(true)} {}

KeeperLauncher::~KeeperLauncher() { *alive_ = false; }

Result<Snapshot> KeeperLauncher::hello() {
  send(keeper::Hello{});
  flush();
  Snapshot snapshot;
  bool unsupported = false;
  bool complete = false;
  while (!complete) {
    std::vector<Incoming> incoming;
    if (!wait_for_packet(*link_, incoming))
      return Error{Errc::closed, "the keeper closed the link"};
    for (Incoming& one : incoming) {
      std::visit(Overloaded{
                     [&](keeper::Welcome& welcome) {
                       unsupported = welcome.major != keeper::protocol_major;
                       snapshot.welcome = std::move(welcome);
                     },
                     [&](keeper::Record& record) {
                       snapshot.records.push_back(
                           {std::move(record.key), std::move(record.bytes), std::move(one.fds)});
                     },
                     [&](keeper::Child& child) {
                       snapshot.children.push_back(child_of(std::move(child), std::move(one.fds)));
                     },
                     [&](keeper::ListEnd&) { complete = true; },
                     [&](auto&) { early_.push_back(std::move(one.message)); },
                 },
                 one.message);
      if (one.fds_missing) return common::system_error("the keeper's list", EMFILE);
    }
    if (unsupported) return Error{Errc::unsupported, "the keeper speaks another protocol"};
  }
  return snapshot;
}

void KeeperLauncher::start(LaunchHandlers launch, KeeperHandlers keeper) {
  launch_ = std::move(launch);
  keeper_ = std::move(keeper);
  boost::asio::post(io_, [this, alive = alive_] {
    if (!*alive) return;
    deliver_early();
    if (*alive) wait_readable();
  });
}

void KeeperLauncher::deliver_early() {
  for (const auto alive = alive_; const keeper::Message& message : std::exchange(early_, {})) {
    deliver(message);
    if (!*alive) return;
  }
}

void KeeperLauncher::wait_readable() {
  readable_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [this, alive = alive_](const boost::system::error_code& error) {
                         if (error || !*alive) return;
                         receive();
                         if (*alive && !lost_) wait_readable();
                       });
}

void KeeperLauncher::receive() {
  std::vector<Incoming> incoming;
  Link::Received last = Link::Received::packet;
  while (last == Link::Received::packet) last = link_->receive(incoming);
  const auto alive = alive_;
  deliver_early();  // came before these
  if (!*alive) return;
  for (const Incoming& one : incoming) {
    deliver(one.message);
    if (!*alive) return;
  }
  if (last == Link::Received::closed) lose("the keeper closed the link");
}

std::optional<std::string> KeeperLauncher::check_upgrade() {
  send(keeper::Upgrade{});
  flush();
  std::optional<std::string> refusal;
  while (!refusal && !lost_) {
    std::vector<Incoming> incoming;
    if (!wait_for_packet(*link_, incoming)) {
      lose("the keeper closed the link");
      continue;
    }
    for (Incoming& one : incoming) {
      std::visit(Overloaded{
                     [&](keeper::UpgradeChecked& m) { refusal = std::move(m.refusal); },
                     [&](keeper::Ping&) {
                       send(keeper::Pong{});  // it is we who wait for it
                       flush();
                     },
                     [&](keeper::Unsupported&) {
                       refusal = "the keeper that runs knows of no upgrade in place";
                     },
                     [&](auto&) { early_.push_back(std::move(one.message)); },
                 },
                 one.message);
    }
  }
  boost::asio::post(io_, [this, alive = alive_] {
    if (*alive) deliver_early();
  });
  if (!refusal) return "the keeper is gone";
  return refusal->empty() ? std::nullopt : refusal;
}

// What only a daemon says is ignored; so is what this daemon does not know.
void KeeperLauncher::deliver(const keeper::Message& message) {
  std::visit(Overloaded{
                 [&](const keeper::Spawned& m) {
                   launch_.spawned({m.name, m.pid});
                 },
                 [&](const keeper::Failed& m) {
                   launch_.spawn_failed({m.name, m.step, m.argument, m.error});
                 },
                 [&](const keeper::Exited& m) {
                   launch_.exited({m.name, m.pid, m.status, m.known});
                 },
                 [&](const keeper::SignalFailed& m) {
                   launch_.signal_failed({m.name, m.number, m.error});
                 },
                 [&](const keeper::GoesOn& m) {
                   if (launch_.went_on) launch_.went_on({m.name, m.pid});
                 },
                 [&](const keeper::Signalled& m) { keeper_.signalled(m.number); },
                 [&](const keeper::Note& m) { keeper_.note(m.level, m.text); },
                 [&](const keeper::Ping&) { send(keeper::Pong{}); },
                 [&](const keeper::Unsupported& m) {
                   keeper_.note(
                       keeper::NoteLevel::warn,
                       "the keeper does not know messages of type " + std::to_string(m.type));
                 },
                 [&](const auto&) {},
             },
             message);
}

void KeeperLauncher::spawn(const keeper::SpawnPlan& plan, std::span<const int> fds) {
  send(keeper::Spawn{plan}, fds);
}

void KeeperLauncher::signal(std::string_view name, int number, SignalTarget target) {
  send(keeper::Signal{std::string{name}, number, target == SignalTarget::process_group});
}

void KeeperLauncher::name_heir(std::string_view name, pid_t pid) {
  send(keeper::MainPid{std::string{name}, pid});
}

void KeeperLauncher::kill_cgroup(std::string_view name) {
  send(keeper::KillCgroup{std::string{name}});
}

void KeeperLauncher::forget(std::string_view name) { send(keeper::Forget{std::string{name}}); }

void KeeperLauncher::put(std::string_view key, std::string_view bytes, std::span<const int> fds) {
  const bool durable = starts_with_any(
      key,
      {"process:", "stream:", "log:", "listener:", "event-serials", "restart:", "program-socket:"});
  send(keeper::Put{std::string{key}, std::string{bytes}, durable}, fds);
  if (starts_with_any(key, {"stream:", "log:"})) flush();
}

void KeeperLauncher::drop(std::string_view key) { send(keeper::Drop{std::string{key}}); }

void KeeperLauncher::preflight(const keeper::Preflight& values) {
  send(values);
  flush();
}

void KeeperLauncher::ready() { send(keeper::Ready{}); }

void KeeperLauncher::finish(int status) {
  send(keeper::Finish{status});
  flush();
}

void KeeperLauncher::send(const keeper::Message& message, std::span<const int> fds) {
  if (lost_) return;
  link_->send(message, fds);
  if (std::exchange(flush_posted_, true)) return;
  boost::asio::post(io_, [this, alive = alive_] {
    if (!*alive) return;
    flush_posted_ = false;
    flush();
  });
}

// Waiting is no deadlock: the keeper itself never waits for us.
void KeeperLauncher::flush() {
  while (!lost_) {
    switch (link_->flush()) {
      case Link::Flushed::all: return;
      case Link::Flushed::closed: lose("the keeper's link does not take messages"); return;
      case Link::Flushed::later: {
        pollfd ask{link_->fd(), 0, 0};  // for nothing but the time
        ::poll(&ask, 1, look_again_ms);
      }
    }
  }
}

void KeeperLauncher::lose(const std::string& why) {
  if (std::exchange(lost_, true)) return;
  boost::asio::post(io_, [this, why, alive = alive_] {
    if (*alive && keeper_.lost) keeper_.lost(why);
  });
}

}  // namespace supervisord::spawner
