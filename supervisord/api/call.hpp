// How every handler of every service runs: admitted by role and credentials on gRPC's thread, then
// carried out on the daemon's loop. answer() is for a unary call, stream() for a server stream.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "supervisord/api/access.hpp"
#include "supervisord/api/mailbox.hpp"
#include "supervisord/control/control.hpp"

namespace supervisord::api {

/// A server stream that is open: what the Server needs of it at shutdown. On the loop.
class OpenStream {
 public:
  virtual ~OpenStream() = default;
  virtual void go_away() = 0;
};

/// What the streams of all servers share. On the loop.
struct OpenStreams {
  std::set<OpenStream*> open;
  bool closing = false;
};

/// What the handlers of one grpc::Server share. Outlives its calls; const after its making, so that
/// gRPC's threads may read it.
struct Caller {
  control::Control& control;  // on the loop only
  Mailbox& mailbox;
  OpenStreams& streams;  // on the loop only
  Role role;
  Credentials credentials;

  /// Why a call may not be made; none: it may. The one place where a role is compared with what a
  /// method needs.
  std::optional<grpc::Status> refusal(Method method,
                                      const grpc::CallbackServerContext& context) const;
};

inline grpc::Status going_away() {
  return {grpc::StatusCode::UNAVAILABLE, "the daemon is going away"};
}

/// Runs `act` on the loop, which returns the status. gRPC keeps request and response alive until
/// then.
template <class Act>
grpc::ServerUnaryReactor* answer(Caller& caller, Method method,
                                 grpc::CallbackServerContext* context, Act act) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  if (auto refusal = caller.refusal(method, *context)) {
    reactor->Finish(*std::move(refusal));
  } else {
    caller.mailbox.post([reactor, act = std::move(act)] { reactor->Finish(act()); });
  }
  return reactor;
}

/// The writing end of one stream; all on the loop but what gRPC calls. It deletes itself when gRPC
/// is done with it. At most one write is under way; what waits behind it is counted by waiting(),
/// and whoever produces without a natural bound looks at that, or produces in `on_ready` only.
template <class Response>
class Stream final : public grpc::ServerWriteReactor<Response>, public OpenStream {
 public:
  explicit Stream(Caller& caller) : caller_{caller} {}
  ~Stream() override { caller_.streams.open.erase(this); }

  /// Kept until the stream is gone: what produces its messages.
  void keep(std::unique_ptr<control::Interest> interest) { interest_ = std::move(interest); }
  /// Called whenever all that was sent is written: the client can take more.
  void on_ready(std::function<void()> ready) { ready_ = std::move(ready); }
  /// False when the client has left or the stream is finished; a message is dropped then.
  bool is_open() const { return !status_; }
  std::size_t waiting() const { return queue_.size(); }

  void send(Response response) {
    if (!is_open()) return;
    queue_.push_back(std::move(response));
    if (!writing_) write_next();
  }
  /// Ends the stream after what was sent.
  void finish(grpc::Status status) {
    if (!is_open()) return;
    status_ = std::move(status);
    if (!writing_) this->Finish(*status_);
  }

  void begin(const std::function<void(Stream&)>& act) {
    caller_.streams.open.insert(this);
    if (caller_.streams.closing) return go_away();
    act(*this);
  }
  void go_away() override {
    if (is_open() && writing_) queue_.resize(1);  // the one that is being written
    finish(going_away());
  }

  void OnWriteDone(bool ok) override {
    caller_.mailbox.post([this, ok] { written(ok); });
  }
  void OnCancel() override {
    caller_.mailbox.post([this] { client_left(); });
  }
  void OnDone() override {
    caller_.mailbox.post([this] { delete this; });
  }

 private:
  void write_next() {
    writing_ = true;
    this->StartWrite(&queue_.front());
  }
  void written(bool ok) {
    writing_ = false;
    queue_.pop_front();
    if (!ok) queue_.clear();
    if (!queue_.empty()) return write_next();
    if (status_) return this->Finish(*status_);
    if (!ok) return client_left();
    if (ready_) ready_();
  }
  void client_left() {
    if (is_open()) finish({grpc::StatusCode::CANCELLED, "the client has left"});
    interest_.reset();
  }

  Caller& caller_;
  std::deque<Response> queue_;  // the front is being written while writing_
  bool writing_ = false;
  std::optional<grpc::Status> status_;  // how it ends, once that is known
  std::function<void()> ready_;
  std::unique_ptr<control::Interest> interest_;
};

/// Runs `act` on the loop with the stream, which it may keep a pointer to as long as what it gives
/// to keep() lives.
template <class Response, class Act>
grpc::ServerWriteReactor<Response>* stream(Caller& caller, Method method,
                                           grpc::CallbackServerContext* context, Act act) {
  auto* const reactor = new Stream<Response>{caller};  // deletes itself: OnDone
  if (auto refusal = caller.refusal(method, *context)) {
    reactor->Finish(*std::move(refusal));
  } else {
    caller.mailbox.post([reactor, act = std::move(act)] { reactor->begin(act); });
  }
  return reactor;
}

}  // namespace supervisord::api
