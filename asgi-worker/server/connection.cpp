// Input and the connection's life. What becomes of a head is in connection_request.cpp, answers are
// in connection_output.cpp.
#include "asgi-worker/server/connection.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cassert>
#include <cerrno>
#include <utility>

namespace asgi_worker::server {

using http1::Parser;

Connection::Connection(Turn& turn, common::UniqueFd fd, http::Endpoint peer, http::Endpoint server)
    : turn_{turn},
      fd_{std::move(fd)},
      peer_{std::move(peer)},
      server_{std::move(server)},
      parser_{turn.settings.limits, http1::best_kernel(), &turn.known_sections},
      reading_{*this},
      writing_{*this},
      running_{*this} {
  const Settings& settings = turn.settings;
  awaits_preface_ =
      settings.proxy_protocol != ProxyProtocol::off && settings.proxy_allowed.trusts(peer_);
  is_trusted_ = settings.forwarded_allowed.trusts(peer_);
}

bool Connection::watch() {
  interest_ = EPOLLIN;
  epoll_event event{.events = interest_, .data = {.ptr = static_cast<EventSink*>(this)}};
  if (::epoll_ctl(turn_.epoll.get(), EPOLL_CTL_ADD, fd_.get(), &event) != 0) return false;
  turn_.timeouts.arm(reading_, Wait::head, turn_.now());
  return true;
}

void Connection::on_events(std::uint32_t events) {
  const bool peer_is_gone = (events & (EPOLLHUP | EPOLLERR)) != 0;
  if (is_closed()) return;
  if ((events & EPOLLOUT) != 0) turn_.mark_dirty(*this);
  if ((events & EPOLLIN) != 0) return receive(peer_is_gone);
  if (peer_is_gone) lose();
}

bool Connection::takes_input() const {
  if (input_has_ended_) return false;
  switch (state_) {
    case State::head: return out_.size() < high_water;  // else: answers that the client must take
    case State::queued: return in_.size() < most_unread;
    case State::exchange:
      if (parser_.in_body()) return !body_is_paused_;
      return in_.size() < most_unread;  // requests behind this one; and the only way to see the end
    case State::skip_body:
    case State::lingering: return true;
    case State::closing:
    case State::closed: return false;
  }
  return false;
}

bool Connection::is_ending() const {
  return state_ == State::closing || state_ == State::lingering || state_ == State::closed;
}

void Connection::receive(bool peer_is_gone) {
  if (!takes_input()) {
    if (peer_is_gone) return lose();
    // Only now, since most pauses end before more bytes come.
    return set_interest(interest_ & ~static_cast<std::uint32_t>(EPOLLIN));
  }
  char* const space = turn_.read_space.get();
  const ssize_t got = ::recv(fd_.get(), space, Turn::read_size, 0);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) lose();
    return;
  }
  if (got == 0) return take_end_of_input(peer_is_gone);
  const auto size = static_cast<std::size_t>(got);
  more_may_wait_ = size == Turn::read_size;
  if (!in_.empty()) {  // copied, so that one who sends byte by byte holds few
    in_.append({space, size});
    return go_on();
  }
  const std::size_t consumed = parse(space, size);
  if (!is_closed()) in_.append({space + consumed, size - consumed});
}

void Connection::go_on() {
  if (is_closed()) return;
  const std::size_t consumed = parse(in_.data(), in_.size());
  in_.consume(consumed);
  if (in_.empty() && in_.capacity() > 0) in_.release();
  listen_again();
}

/// Takes all that can be taken now; answers how much that was.
std::size_t Connection::parse(char* data, std::size_t size) {
  assert(!is_parsing_ && "the application's calls never parse");
  is_parsing_ = true;
  std::size_t at = 0;
  if (awaits_preface_ && state_ == State::head && !take_preface({data, size}, at)) {
    is_parsing_ = false;
    return at;
  }
  for (;;) {
    if (is_ending()) {
      if (at < size) linger_ = Linger::yes;  // and more may come: a close would reset
      at = size;                             // nobody wants these bytes
      break;
    }
    if (start_is_due_ && (!parser_.in_body() || body_is_paused_)) {
      start_application();
      continue;
    }
    if (state_ == State::queued) {
      if (!std::exchange(is_admitted_, false)) break;
      parser_.follow_head(data + at);
      at += queued_head_;
      const http::Request request = request_of_head();
      begin_request(request, turn_.application);
      continue;
    }
    if (state_ == State::exchange && !parser_.in_body()) break;  // one request at a time
    if (state_ == State::exchange && body_is_paused_ && !cycle_.body_is_whole()) break;
    if (state_ == State::head && out_.size() >= high_water &&
        (!push() || out_.size() >= high_water))
      break;  // the client sends requests and does not take the answers
    const Parser::Step step = parser_.next(data + at, size - at);
    at += step.consumed;
    if (step.event == Parser::Event::need_more && read_body()) continue;
    if (step.event == Parser::Event::need_more && start_is_due_) {
      start_application();
      continue;
    }
    if (step.event == Parser::Event::need_more) {
      wait_for_input(at < size);
      break;
    }
    switch (step.event) {
      case Parser::Event::head:
        take_head(step.consumed);
        if (state_ == State::queued) at -= step.consumed;  // it stays until its turn has come
        break;
      case Parser::Event::body: take_body(step.body); break;
      case Parser::Event::end: end_body(); break;
      case Parser::Event::refused:
        if (start_is_due_) start_application();  // it has the head: it runs, and is told of the end
        if (!is_ending()) refuse_input(step.status);
        break;
      case Parser::Event::need_more: break;
    }
  }
  is_parsing_ = false;
  return at;
}

void Connection::take_body(std::string_view bytes) {
  if (state_ == State::exchange) {
    cycle_.note_body();
    return application_->on_body(bytes);
  }
  skipped_ += bytes.size();
  if (skipped_ > most_skipped) close_after_output(Linger::yes);
}

/// More of a body whose length is known, from the socket to where the application keeps it. False:
/// there is none, or it cannot be had so. An end or an error is seen when epoll tells again.
bool Connection::read_body() {
  if (!more_may_wait_ || state_ != State::exchange || body_is_paused_) return false;
  const std::uint64_t left = parser_.body_left();
  if (left == 0) return false;
  more_may_wait_ = false;
  const std::span<char> room = application_->body_room(left);
  const ssize_t got = room.empty() ? 0 : ::recv(fd_.get(), room.data(), room.size(), 0);
  if (got <= 0) return false;
  const auto size = static_cast<std::size_t>(got);
  more_may_wait_ = size == room.size();
  cycle_.note_body();
  parser_.note_body(size);
  application_->on_body_read(size, left - size);
  return true;
}

void Connection::end_body() {
  cycle_.note_body_end();
  if (state_ == State::exchange) {
    turn_.timeouts.disarm(reading_);
    application_->on_body_end();
  } else if (state_ == State::skip_body) {
    next_request();
  }
}

void Connection::refuse_input(int status) {
  if (turn_.hooks.report) turn_.hooks.report("Invalid HTTP request received.");
  if (status == 0) return close_after_output(Linger::no);
  if (state_ == State::skip_body) return close_after_output(Linger::yes);
  if (state_ == State::head) cycle_.begin({});  // what stood there is the last request's
  fail(status);
}

/// Nothing more can be taken of what has come.
void Connection::wait_for_input(bool has_bytes) {
  if (input_has_ended_) {
    // Requests that came before the end of input have been answered; half a one is dropped.
    if (state_ == State::head || state_ == State::skip_body) close_after_output(Linger::no);
    if (state_ == State::exchange && parser_.in_body()) lose();  // it ended while it was queued
    return;
  }
  switch (state_) {
    case State::head:
      if (has_bytes) {
        if (!reading_.waits_for(Wait::head)) turn_.timeouts.arm(reading_, Wait::head, turn_.now());
      } else if (turn_.is_draining) {
        wait_out_drain();
      } else if (!reading_.armed) {
        turn_.timeouts.arm(reading_, Wait::keep_alive, turn_.now());
      }
      return;
    case State::exchange: return turn_.timeouts.arm(reading_, Wait::body, turn_.now());
    case State::queued:
    case State::skip_body:  // bounded from its beginning
    case State::closing:
    case State::lingering:
    case State::closed: return;
  }
}

void Connection::take_end_of_input(bool peer_is_gone) {
  input_has_ended_ = true;
  switch (state_) {
    case State::head:
    case State::skip_body:
      if (peer_is_gone) return lose();
      return close_after_output(Linger::no);
    case State::exchange:
      if (peer_is_gone || parser_.in_body()) return lose();
      set_interest(interest_ & ~static_cast<std::uint32_t>(EPOLLIN));
      return application_->on_half_close();
    case State::queued:  // it may yet want its answer
      if (peer_is_gone) return lose();
      return set_interest(interest_ & ~static_cast<std::uint32_t>(EPOLLIN));
    case State::lingering: return close();
    case State::closing:
    case State::closed: return;
  }
}

void Connection::on_timeout(Wait wait) {
  switch (wait) {
    case Wait::keep_alive:
      if (out_.empty()) return close();
      // The last answer is still on its way: the write's own limit holds.
      return turn_.timeouts.arm(reading_, Wait::keep_alive, turn_.now());
    case Wait::head:
      if (in_.empty()) return close();
      cycle_.begin({});
      return fail(408);
    case Wait::body: return fail(408);
    case Wait::write: return lose();
    case Wait::request:
      if (turn_.hooks.report) turn_.hooks.report("request timed out: the application is cancelled");
      return fail(504, Told::time_out);
    case Wait::queue: fail(503); return log_answer();
    case Wait::linger:
      if (state_ == State::skip_body) return close_after_output(Linger::yes);
      return close();
  }
}

/// It waits for a request, and its place is wanted.
bool Connection::give_way() {
  if (state_ == State::head && takes_input()) receive(false);  // one that was on its way
  if (state_ != State::head || !out_.empty()) return false;
  close();
  return true;
}

void Connection::drain() {
  if (state_ == State::head && takes_input()) receive(false);  // a request that was on its way
  if (state_ == State::head && in_.empty()) wait_out_drain();
}

/// Idle while draining. A client that has only just connected, or was answered just now, may have a
/// request on the way and cannot know that it must ask again: it gets a moment. One that has been
/// idle for longer must expect the end.
void Connection::wait_out_drain() {
  if (reading_.waits_for(Wait::linger)) return;
  const auto idle_since = reading_.at - turn_.settings.timeouts.keep_alive;
  const bool is_long_idle =
      reading_.waits_for(Wait::keep_alive) && turn_.now() - idle_since >= linger_time;
  if (is_long_idle) return close_after_output(Linger::no);
  turn_.timeouts.arm(reading_, Wait::linger, turn_.now());
}

void Connection::end() {
  if (state_ == State::closed) return;
  if (application_ == nullptr && !out_.empty() && !is_broken_) push();  // what can go still goes
  lose();
}

/// The client has gone, or is given up.
void Connection::lose() {
  http::Cycle* const application = release_application();
  close();
  if (application != nullptr) application->on_disconnect();
}

http::Cycle* Connection::release_application() {
  if (state_ != State::exchange) return nullptr;
  log_answer();
  turn_.timeouts.disarm(running_);
  slice_ = {};
  // An application that has not been started will not say that it has ended.
  if (std::exchange(start_is_due_, false) && is_counted_) turn_.end_call();
  --turn_.active;
  state_ = State::closing;  // until the caller says otherwise
  return std::exchange(application_, nullptr);
}

void Connection::close_after_output(Linger linger) {
  state_ = State::closing;
  linger_ = linger;
  turn_.timeouts.disarm(reading_);
  turn_.mark_dirty(*this);
}

void Connection::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  turn_.timeouts.disarm(reading_);
  turn_.timeouts.disarm(writing_);
  turn_.concurrency.leave(place);
  if (std::exchange(is_admitted_, false)) turn_.end_call();
  fd_.reset();  // leaves the epoll instance with it
  turn_.drop(*this);
}

void Connection::set_interest(std::uint32_t events) {
  if (events == interest_) return;
  interest_ = events;
  epoll_event event{.events = events, .data = {.ptr = static_cast<EventSink*>(this)}};
  // Only for want of memory: the write's or the body's time-out ends what then hangs.
  static_cast<void>(::epoll_ctl(turn_.epoll.get(), EPOLL_CTL_MOD, fd_.get(), &event));
}

void Connection::listen_again() {
  if ((interest_ & EPOLLIN) == 0 && takes_input()) set_interest(interest_ | EPOLLIN);
}

}  // namespace asgi_worker::server
