#include "asgi-worker/server/turn.hpp"

#include <malloc.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "asgi-worker/server/connection.hpp"

namespace asgi_worker::server {
namespace {

constexpr std::size_t most_spare_bytes = 2 * 1024 * 1024;  // in all spare buffers
constexpr std::size_t most_spare_each = 256 * 1024;
/// So many connections at a time, and all but an eighth of them gone: a crowd has left.
constexpr std::size_t crowd = 256;
/// A client that is about to ask does so at once: its place is not taken before.
constexpr std::chrono::seconds least_idle{1};

}  // namespace

Clocks coarse_clocks() {
  const auto read = [](clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return time;
  };
  return {.steady =
              [read] {
                const timespec time = read(CLOCK_MONOTONIC_COARSE);
                return Clock::time_point{std::chrono::seconds{time.tv_sec} +
                                         std::chrono::nanoseconds{time.tv_nsec}};
              },
          .wall = [read] { return read(CLOCK_REALTIME_COARSE).tv_sec; },
          .precise = [] { return Clock::now(); }};
}

Turn::Turn(http::Application& app, Settings set, Hooks hook, Clocks clock)
    : application{app},
      settings{std::move(set)},
      hooks{std::move(hook)},
      clocks{std::move(clock)},
      writer{settings.server_field, settings.date_field, settings.extra_fields},
      timeouts{settings.timeouts, settings.concurrency.wait},
      access_log{hooks.access ? settings.access_format : AccessFormat{}, settings.access_filter},
      concurrency{settings.concurrency},
      own_answers{settings.own, hooks.is_ready},
      read_space{new char[read_size]} {}

Turn::~Turn() = default;

Clock::time_point Turn::now() {
  if (!is_inside || !time_is_fresh_) renew_time();
  return now_;
}

std::time_t Turn::unix_now() {
  if (!is_inside || !time_is_fresh_) renew_time();
  return unix_now_;
}

void Turn::end_call() {
  const bool was_pausing = concurrency.pauses_accepting();
  concurrency.end();
  const auto place_of = [](Connection& connection) -> Concurrency::Place& {
    return connection.place;
  };
  while (Connection* const next = concurrency.next(place_of)) next->admit();
  if (was_pausing && !concurrency.pauses_accepting()) ask_for_turn();
}

Clock::time_point Turn::log_now() {
  return access_log.is_on() && clocks.precise ? clocks.precise() : now();
}

void Turn::renew_time() {
  now_ = clocks.steady();
  unix_now_ = clocks.wall();
  time_is_fresh_ = true;
}

void Turn::mark_dirty(Connection& connection) {
  if (std::exchange(connection.is_dirty, true)) return;
  dirty.push_back(&connection);
  ask_for_turn();
}

void Turn::mark_ready(Connection& connection) {
  if (std::exchange(connection.is_ready, true)) return;
  ready.push_back(&connection);
  ask_for_turn();
}

void Turn::ask_for_turn() {
  if (is_inside || std::exchange(is_asked_for, true)) return;
  if (hooks.wake) return hooks.wake();
  const std::uint64_t one = 1;
  // It can only fail when the counter is full: then the descriptor is readable already.
  static_cast<void>(!::write(wake_up.get(), &one, sizeof one));
}

void Turn::lend(http::Buffer& out) {
  if (out.capacity() != 0 || spare_.empty()) return;
  out.swap(spare_.back());
  spare_.pop_back();
  spare_bytes_ -= out.capacity();
}

void Turn::take_back(http::Buffer& out) {
  const std::size_t size = out.capacity();
  if (size == 0) return;
  if (size > most_spare_each || size + spare_bytes_ > most_spare_bytes) return out.release();
  out.clear();
  spare_bytes_ += size;
  spare_.emplace_back().swap(out);
}

bool Turn::close_idle() {
  for (const Wait wait : {Wait::head, Wait::keep_alive})
    while (Timer* const timer = timeouts.take_waiting(wait, now() - least_idle))
      if (timer->owner->give_way()) return true;
  return false;
}

void Turn::adopt(common::UniqueFd fd, http::Endpoint peer, http::Endpoint server) {
  auto connection =
      std::make_unique<Connection>(*this, std::move(fd), std::move(peer), std::move(server));
  if (!connection->watch()) return;  // no memory for epoll: the client sees it closed
  connection->index = connections.size();
  connections.push_back(std::move(connection));
  had_connections = true;
  most_connections_ = std::max(most_connections_, connections.size());
  if (hooks.share != nullptr) hooks.share->set_connections(connections.size());
}

void Turn::drop(Connection& connection) {
  const std::size_t index = connection.index;
  gone.push_back(std::move(connections[index]));
  if (index + 1 != connections.size()) {
    connections[index] = std::move(connections.back());
    connections[index]->index = index;
  }
  connections.pop_back();
  if (hooks.share != nullptr) hooks.share->set_connections(connections.size());
  ask_for_turn();
}

void Turn::bury() {
  if (gone.empty()) return;
  gone.clear();
  if (most_connections_ < crowd || connections.size() > most_connections_ / 8) return;
  most_connections_ = connections.size();
  spare_.clear();
  spare_.shrink_to_fit();
  spare_bytes_ = 0;
  connections.shrink_to_fit();
  gone.shrink_to_fit();
#ifdef __GLIBC__
  ::malloc_trim(0);  // by itself it gives back only what lies at the heap's end
#endif
}

}  // namespace asgi_worker::server
