#include "asgi-worker/server/core.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "asgi-worker/server/connection.hpp"
#include "asgi-worker/server/listener.hpp"
#include "asgi-worker/server/turn.hpp"

namespace asgi_worker::server {
namespace {

constexpr int most_events = 256;
constexpr int most_rounds = 8;  // of going on and sending in one turn
/// The clocks are coarse: a timer that fires early would find nothing and fire again.
constexpr std::chrono::milliseconds timer_slack{5};

common::Result<void> watch(int epoll, int fd, EventSink* sink) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = sink}};
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
    return common::system_error("epoll_ctl", errno);
  return {};
}

void read_count(int fd) {
  std::uint64_t count = 0;  // of no interest: both kinds only say "look"
  static_cast<void>(!::read(fd, &count, sizeof count));
}

}  // namespace

/// The timer in the core's epoll instance, so that a guest needs no other.
class HttpCore::DeadlineTimer final : public EventSink {
 public:
  DeadlineTimer(HttpCore& core, common::UniqueFd fd) : core_{core}, fd_{std::move(fd)} {}
  int fd() const { return fd_.get(); }

  /// Set only when it would come too late: deadlines mostly move away, and one that comes early
  /// costs a look.
  void arm(std::optional<Clock::time_point> deadline) {
    if (!deadline || (set_for_ && *set_for_ <= *deadline)) return;
    const auto now = core_.turn_->now();
    const auto wait = std::max(*deadline - now, Clock::duration{0}) + timer_slack;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
    const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(wait - seconds);
    const itimerspec when{.it_interval = {},
                          .it_value = {.tv_sec = seconds.count(), .tv_nsec = rest.count()}};
    if (::timerfd_settime(fd_.get(), 0, &when, nullptr) == 0) set_for_ = deadline;
  }
  void on_events(std::uint32_t) override {
    read_count(fd_.get());
    set_for_.reset();
    core_.expire(core_.turn_->now());
  }

 private:
  HttpCore& core_;
  common::UniqueFd fd_;
  std::optional<Clock::time_point> set_for_;
};

class HttpCore::WakeUp final : public EventSink {
 public:
  explicit WakeUp(int fd) : fd_{fd} {}
  void on_events(std::uint32_t) override { read_count(fd_); }

 private:
  int fd_;
};

common::Result<std::unique_ptr<HttpCore>> HttpCore::create(http::Application& application,
                                                           Settings settings, Hooks hooks,
                                                           Clocks clocks, int host_epoll) {
  std::unique_ptr<HttpCore> core{new HttpCore};
  core->turn_ =
      std::make_unique<Turn>(application, std::move(settings), std::move(hooks), std::move(clocks));
  Turn& turn = *core->turn_;
  if (auto opened = turn.own_answers.open(); !opened) return opened.error();
  // A duplicate is the same instance, with a lifetime of our own.
  const bool is_hosted = host_epoll >= 0;
  turn.epoll.reset(is_hosted ? ::fcntl(host_epoll, F_DUPFD_CLOEXEC, 0)
                             : ::epoll_create1(EPOLL_CLOEXEC));
  if (!turn.epoll) return common::system_error(is_hosted ? "dup" : "epoll_create1", errno);
  turn.wake_up.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!turn.wake_up) return common::system_error("eventfd", errno);
  common::UniqueFd timer{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
  if (!timer) return common::system_error("timerfd_create", errno);

  core->wake_up_ = std::make_unique<WakeUp>(turn.wake_up.get());
  core->timer_ = std::make_unique<DeadlineTimer>(*core, std::move(timer));
  if (auto set = watch(turn.epoll.get(), turn.wake_up.get(), core->wake_up_.get()); !set)
    return set.error();
  if (auto set = watch(turn.epoll.get(), core->timer_->fd(), core->timer_.get()); !set)
    return set.error();
  return core;
}

HttpCore::HttpCore() = default;

HttpCore::~HttpCore() {
  if (turn_ == nullptr) return;
  stop_accepting();
  close_all();
}

int HttpCore::fd() const { return turn_->epoll.get(); }

template <class Work>
void HttpCore::in_turn(Work work) {
  if (turn_->is_inside) return work();  // the turn that we are in ends it all
  begin_turn();
  work();
  finish_turn();
}

void HttpCore::begin_turn() {
  turn_->is_inside = true;
  turn_->forget_time();
}

void HttpCore::finish_turn() {
  end_turn();
  turn_->is_inside = false;
  turn_->is_asked_for = false;
  if (!turn_->dirty.empty() || !turn_->ready.empty()) turn_->ask_for_turn();
  if (turn_->connections.empty() && std::exchange(turn_->had_connections, false) &&
      turn_->hooks.empty)
    turn_->hooks.empty();
}

void HttpCore::poll() {
  in_turn([this] {
    std::array<epoll_event, most_events> events;
    // Whatever does not fit keeps the descriptor readable.
    const int count = ::epoll_wait(turn_->epoll.get(), events.data(), most_events, 0);
    for (int index = 0; index < count; ++index) {
      const epoll_event& event = events[static_cast<std::size_t>(index)];
      static_cast<EventSink*>(event.data.ptr)->on_events(event.events);
    }
  });
}

void HttpCore::flush() {
  if (turn_->is_asked_for) in_turn([] {});
}

void HttpCore::call_ended() { turn_->end_call(); }

void HttpCore::end_turn() {
  if (std::exchange(drain_is_due_, false)) drain_idle();
  // What is sent may let an application write, or a pipelined request go on, and so forth.
  for (int round = 0; round < most_rounds; ++round) {
    if (turn_->ready.empty() && turn_->dirty.empty()) break;
    run_ready();
    send_dirty();
  }
  const auto is_closed = [](const Connection* connection) { return connection->is_closed(); };
  std::erase_if(turn_->ready, is_closed);
  std::erase_if(turn_->dirty, is_closed);
  turn_->bury();
  retired_.clear();
  for (const auto& listener : listeners_) listener->resume_if_due(turn_->now());
  write_access_log();
  timer_->arm(next_deadline());
}

void HttpCore::run_ready() {
  working_.swap(turn_->ready);
  for (Connection* const connection : working_) {
    connection->is_ready = false;
    connection->go_on();
  }
  working_.clear();
}

void HttpCore::send_dirty() {
  working_.swap(turn_->dirty);
  for (Connection* const connection : working_) {
    connection->is_dirty = false;
    connection->send();
  }
  working_.clear();
}

void HttpCore::write_access_log() {
  AccessLog& log = turn_->access_log;
  if (log.lines().empty()) return;
  turn_->hooks.access(log.lines());
  log.clear();
}

common::Result<void> HttpCore::add_listener(int fd) {
  auto listener = std::make_unique<Listener>(*turn_, fd);
  if (auto opened = listener->open(); !opened) return opened.error();
  listeners_.push_back(std::move(listener));
  if (turn_->hooks.share != nullptr) turn_->hooks.share->set_accepting(true);
  return {};
}

void HttpCore::stop_accepting() {
  in_turn([this] {
    for (auto& listener : listeners_) {
      listener->leave();
      retired_.push_back(std::move(listener));
    }
    listeners_.clear();
    if (turn_->hooks.share != nullptr) turn_->hooks.share->set_accepting(false);
  });
}

void HttpCore::drain(std::optional<Clock::time_point> until) {
  turn_->is_draining = true;
  turn_->own_answers.stop();
  drain_until_ = until;
  turn_->had_connections = true;  // so that Hooks::empty comes, be there any or none
  drain_is_due_ = true;           // it reads, which may not happen from within a request
  in_turn([] {});
}

void HttpCore::drain_idle() {
  for (Connection* const connection : all_connections()) connection->drain();
}

void HttpCore::close_all() {
  in_turn([this] {
    for (Connection* const connection : all_connections()) connection->end();
  });
}

/// A copy: they leave the turn's list as they close. They live until the turn's end.
std::vector<Connection*> HttpCore::all_connections() const {
  std::vector<Connection*> all;
  for (const auto& connection : turn_->connections) all.push_back(connection.get());
  return all;
}

std::size_t HttpCore::active() const { return turn_->active; }
std::size_t HttpCore::idle() const { return turn_->connections.size() - turn_->active; }

std::optional<Clock::time_point> HttpCore::next_deadline() const {
  std::optional<Clock::time_point> earliest = turn_->timeouts.next();
  const auto consider = [&](std::optional<Clock::time_point> at) {
    if (at && (!earliest || *at < *earliest)) earliest = at;
  };
  for (const auto& listener : listeners_) consider(listener->resume_at());
  consider(drain_until_);
  return earliest;
}

void HttpCore::expire(Clock::time_point now) {
  in_turn([this, now] {
    while (Timer* const timer = turn_->timeouts.take_expired(now)) {
      const Wait wait = timer->wait;
      timer->owner->on_timeout(wait);
    }
    for (const auto& listener : listeners_) listener->resume_if_due(now);
    if (drain_until_ && *drain_until_ <= now) {
      drain_until_.reset();
      close_all();
    }
  });
}

}  // namespace asgi_worker::server
