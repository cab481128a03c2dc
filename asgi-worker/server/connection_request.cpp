// From a head to whoever answers it: whose request it is, whether it waits, what the log keeps of
// it.
#include <cassert>
#include <utility>

#include "asgi-worker/server/connection.hpp"

namespace asgi_worker::server {

/// Whether HTTP may follow. `taken` bytes were the preface.
bool Connection::take_preface(std::string_view bytes, std::size_t& taken) {
  Preface preface = parse_preface(bytes, turn_.settings.proxy_protocol);
  switch (preface.kind) {
    case Preface::Kind::need_more: wait_for_input(!bytes.empty()); return false;
    case Preface::Kind::bad:
      refuse_input(400);
      taken = bytes.size();
      return false;
    case Preface::Kind::proxied:
      peer_ = std::move(preface.client);
      server_ = std::move(preface.server);
      is_trusted_ = turn_.settings.forwarded_allowed.trusts(peer_);
      break;
    case Preface::Kind::local:
    case Preface::Kind::none: break;
  }
  awaits_preface_ = false;
  taken = preface.size;
  return true;
}

/// A head has come: it goes to whoever answers it, or waits.
void Connection::take_head(std::size_t size) {
  turn_.timeouts.disarm(reading_);
  cycle_.begin(parser_.head());
  const http::Request request = request_of_head();
  if (!parser_.head().upgrade.empty() && turn_.hooks.report)
    turn_.hooks.report("Unsupported upgrade request.");
  if (turn_.hooks.answered) request_began_ = turn_.now();
  if (turn_.access_log.is_on())
    turn_.access_log.begin(log_entry_, request, parser_.head().target, turn_.log_now());
  if (std::exchange(is_contradictory_, false)) {
    fail(400);
    return log_answer();
  }
  if (turn_.own_answers.has(request.raw_path)) return begin_request(request, turn_.own_answers);
  switch (turn_.concurrency.ask(*this, place)) {
    case Concurrency::Verdict::run: return begin_request(request, turn_.application);
    case Concurrency::Verdict::refuse: fail(503); return log_answer();
    case Concurrency::Verdict::wait:
      state_ = State::queued;
      queued_head_ = size;
      return turn_.timeouts.arm(reading_, Wait::queue, turn_.now());
  }
}

void Connection::admit() {
  is_admitted_ = true;
  turn_.timeouts.disarm(reading_);
  turn_.mark_ready(*this);
}

http::Request Connection::request_of_head() {
  const http1::Head& head = parser_.head();
  const bool has_length = head.framing == http1::Framing::length;
  http::Request request{
      .method = head.method,
      .raw_path = head.raw_path,
      .query = head.query,
      .version = head.version,
      .fields = head.fields,
      .section = head.section,
      .content_length = has_length ? std::optional{head.content_length} : std::nullopt,
      .has_body = head.framing != http1::Framing::none,
      .expects_continue = head.expects_continue,
      .takes_trailers = head.takes_trailers,
      .peer = &peer_,
      .server = &server_};
  if (is_trusted_) take_origin(request);
  return request;
}

/// What the proxy at the other end says of the request.
void Connection::take_origin(http::Request& request) {
  const ForwardedFields& wanted = turn_.settings.forwarded_fields;
  auto& [section, origin] = turn_.known_origin;
  if (request.section == 0 || request.section != section) {
    section = request.section;
    origin = origin_of(request.fields, turn_.settings.forwarded_allowed, wanted);
  }
  is_contradictory_ = origin.is_contradictory;
  if (!origin.scheme.empty()) request.scheme = origin.scheme;
  if (origin.client) {
    forwarded_ = *origin.client;
    request.peer = &forwarded_;
    request.proxy = &peer_;
  }
  if (!wanted.x_forwarded_host && !wanted.x_forwarded_port && !wanted.x_forwarded_prefix) return;
  auto site = site_of(request.fields, wanted, server_, request.scheme);
  if (!site) return;
  site_ = std::make_unique<Site>(*std::move(site));
  request.server = &site_->server;
  request.authority = site_->authority;
  request.prefix = site_->prefix;
}

void Connection::begin_request(const http::Request& request, http::Application& answering) {
  body_is_paused_ = false;
  is_full_ = false;
  answer_bytes_ = 0;
  skipped_ = 0;
  state_ = State::exchange;
  ++turn_.active;
  if (turn_.settings.timeouts.request.count() != 0)
    turn_.timeouts.arm(running_, Wait::request, turn_.now());
  is_counted_ = turn_.concurrency.is_on() && &answering == &turn_.application;
  answering.on_request(*this, request);
  start_is_due_ = state_ == State::exchange;
  assert((application_ != nullptr || state_ != State::exchange) && "on_request must attach");
}

void Connection::start_application() {
  start_is_due_ = false;
  if (state_ != State::exchange) return;
  application_->on_start();
  turn_.forget_time();
}

}  // namespace asgi_worker::server
