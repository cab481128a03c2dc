// Answers: what the application calls, and how its bytes leave.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

#include "asgi-worker/server/connection.hpp"

namespace asgi_worker::server {
namespace {

constexpr std::size_t worth_not_copying =
    32 * 1024;  // body bytes that are sent from where they are

}  // namespace

using Body = http1::AnswerFraming::Body;
using Next = http1::Cycle::Next;

void Connection::start(int status, std::span<const http::Field> fields) {
  assert(state_ == State::exchange && !cycle_.started());
  const bool may_keep = !turn_.is_draining && turn_.settings.timeouts.keep_alive.count() != 0;
  http1::AnswerHead head = cycle_.answer_head(may_keep);
  head.status = status;
  head.fields = fields;
  turn_.lend(out_);
  const std::size_t before = out_.size();
  cycle_.note_start(turn_.writer.write(out_, head, turn_.unix_now()));
  held_ = out_.size() - before;
  status_ = status;
  if (turn_.access_log.keeps_answer_fields()) turn_.access_log.note_answer(log_entry_, fields);
}

http::Accepted Connection::write(std::string_view bytes) {
  assert(state_ == State::exchange && cycle_.started());
  held_ = 0;
  bytes = bytes.substr(0, static_cast<std::size_t>(cycle_.count_written(bytes.size())));
  answer_bytes_ += bytes.size();
  turn_.mark_dirty(*this);
  if (cycle_.framing().body == Body::chunked) {
    http1::append_chunk(out_, bytes);
  } else if (bytes.size() >= worth_not_copying && !is_stuck_) {
    push(bytes);
    if (out_.empty()) return http::Accepted::yes;
  } else {
    out_.append(bytes);
  }
  if (out_.size() < (is_stuck_ ? high_water : joined_most)) return http::Accepted::yes;
  // Enough for a send of its own; one that fails is told at the turn's end, not from within here.
  if (!is_stuck_ && push() && out_.size() < high_water) return http::Accepted::yes;
  is_full_ = true;
  return http::Accepted::full;
}

void Connection::finish(std::span<const http::Field> trailers) {
  assert(state_ == State::exchange && cycle_.started());
  held_ = 0;
  if (cycle_.framing().body == Body::chunked) http1::write_last_chunk(out_, trailers);
  // Enough for a send of its own: its buffer is warm for the next one, and the turn holds fewer.
  const bool is_large = out_.size() >= worth_not_copying && !is_stuck_;
  if (is_large && push() && out_.empty()) turn_.take_back(out_);
  complete(cycle_.finish());
}

void Connection::inform(int status, std::span<const http::Field> fields) {
  assert(state_ == State::exchange);
  const bool is_late = cycle_.started() && held_ == 0;
  if (is_late || cycle_.answer_head(true).version == http::Version::http_1_0) return;
  const std::string held{out_.view().substr(out_.size() - held_)};  // it comes before that
  out_.truncate(out_.size() - held_);
  http1::write_interim(out_, status, fields);
  out_.append(held);
  turn_.mark_dirty(*this);
}

void Connection::complete(Next next) {
  http::Cycle* const application = release_application();
  turn_.mark_dirty(*this);
  switch (next) {
    case Next::request: next_request(); break;
    case Next::skip_body:
      state_ = State::skip_body;
      turn_.timeouts.arm(reading_, Wait::linger, turn_.now());
      if (!is_parsing_) {
        if (!in_.empty()) turn_.mark_ready(*this);
        listen_again();
      }
      break;
    case Next::close: close_after_output(cycle_.body_is_whole() ? Linger::no : Linger::yes); break;
  }
  application->on_complete();
}

void Connection::next_request() {
  state_ = State::head;
  turn_.timeouts.disarm(reading_);
  if (is_parsing_) return;  // parse() goes on by itself
  if (!in_.empty() || parser_.in_body() || input_has_ended_ || turn_.is_draining)
    turn_.mark_ready(*this);
  else
    turn_.timeouts.arm(reading_, Wait::keep_alive, turn_.now());
  listen_again();
}

void Connection::refuse(int status, std::string_view text) {
  assert(state_ == State::exchange);
  if (cycle_.started() && held_ == 0) return abort();
  drop_held_head();
  turn_.writer.write_refusal(out_, {.status = status, .text = text, .to_head = cycle_.to_head()},
                             turn_.unix_now());
  status_ = status;
  http::Cycle* const application = release_application();
  close_after_output(cycle_.body_is_whole() ? Linger::no : Linger::yes);
  application->on_complete();
}

void Connection::abort() {
  assert(state_ == State::exchange);
  drop_held_head();
  http::Cycle* const application = release_application();
  close_after_output(Linger::no);
  application->on_disconnect();
}

/// The server's own end of what is under way: an answer if there can be one, then the connection
/// closes. The application, if it has the request, is told.
void Connection::fail(int status, Told told) {
  turn_.concurrency.leave(place);
  const bool can_answer = !cycle_.started() || held_ > 0;
  drop_held_head();
  if (can_answer) {
    turn_.writer.write_refusal(out_,
                               {.status = status,
                                .to_head = cycle_.to_head(),
                                .retry_after = status == 503 ? turn_.concurrency.retry_after() : 0},
                               turn_.unix_now());
    status_ = status;
  }
  http::Cycle* const application = release_application();
  close_after_output(can_answer ? Linger::yes : Linger::no);
  if (application == nullptr) return;
  told == Told::time_out ? application->on_time_out() : application->on_disconnect();
}

void Connection::drop_held_head() {
  if (held_ != 0) log_entry_.answer_values.clear();
  out_.truncate(out_.size() - held_);
  held_ = 0;
}

void Connection::want_body() {
  assert(state_ == State::exchange);
  if (cycle_.take_continue()) {
    out_.append(http1::continue_answer);
    turn_.mark_dirty(*this);
  }
  if (!std::exchange(body_is_paused_, false) || is_parsing_) return;
  if (parser_.in_body()) turn_.mark_ready(*this);  // its end may wait without a byte
  listen_again();
}

void Connection::pause_body() {
  body_is_paused_ = true;
  turn_.timeouts.disarm(reading_);  // it is not the client who is slow
}

void Connection::log_answer() {
  if (status_ == 0) return;
  if (turn_.hooks.answered)
    turn_.hooks.answered(status_, answer_bytes_, turn_.now() - request_began_);
  if (turn_.access_log.is_on())
    turn_.access_log.end(log_entry_, {.status = status_, .bytes = answer_bytes_}, turn_.log_now(),
                         turn_.unix_now());
  status_ = 0;
}

/// One send of what may go, and of `more` behind it; what the socket does not take of that is
/// copied. False: the connection is broken, and will be closed by send().
bool Connection::push(std::string_view more) {
  if (slice_.left > 0) return push_with_file();  // nothing is written meanwhile
  const std::size_t size = out_.size() - held_;
  if (size + more.size() == 0 || is_broken_) return !is_broken_;
  iovec parts[] = {{out_.data(), size}, {const_cast<char*>(more.data()), more.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  const ssize_t sent = more.empty() ? ::send(fd_.get(), out_.data(), size, MSG_NOSIGNAL)
                                    : ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    is_broken_ = true;
    turn_.mark_dirty(*this);
    return false;
  }
  const std::size_t gone = sent > 0 ? static_cast<std::size_t>(sent) : 0;
  out_.consume(std::min(gone, size));
  if (!more.empty()) out_.append(more.substr(gone > size ? gone - size : 0));
  is_stuck_ = gone < size + more.size();
  if (!is_stuck_)
    turn_.timeouts.disarm(writing_);
  else if (gone > 0 || !writing_.armed)
    turn_.timeouts.arm(writing_, Wait::write, turn_.now());
  return true;
}

void Connection::send() {
  if (is_closed()) return;
  if (!push()) return lose();
  const auto writes = static_cast<std::uint32_t>(EPOLLOUT);
  set_interest(is_stuck_ ? interest_ | writes : interest_ & ~writes);
  after_send();
}

void Connection::after_send() {
  if (out_.empty()) turn_.take_back(out_);
  if (state_ == State::closing && out_.empty()) {
    if (linger_ == Linger::no || input_has_ended_) return close();
    state_ = State::lingering;
    ::shutdown(fd_.get(), SHUT_WR);  // fails when the client has gone: then reading says so
    turn_.timeouts.arm(reading_, Wait::linger, turn_.now());
    return listen_again();
  }
  if (out_.size() > low_water || slice_.left > 0) return;
  if (state_ == State::head && !in_.empty()) turn_.mark_ready(*this);
  listen_again();
  if (state_ == State::exchange && std::exchange(is_full_, false)) application_->on_writable();
}

}  // namespace asgi_worker::server
