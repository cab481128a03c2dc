// How every handler of every service runs: admitted by the gate and its role on gRPC's thread, then
// carried out on the daemon's loop, and told in the log when it is a change. answer() is for a
// unary call, stream() for a server stream.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

#include "supervisord/api/access.hpp"
#include "supervisord/api/audit.hpp"
#include "supervisord/api/bytes.hpp"
#include "supervisord/api/gate.hpp"
#include "supervisord/api/mailbox.hpp"
#include "supervisord/api/unread.hpp"
#include "supervisord/control/control.hpp"

namespace supervisord::api {

struct Caller;

/// A server stream that is open: what the Server needs of it when it ends it. On the loop.
class OpenStream {
 public:
  virtual ~OpenStream() = default;
  virtual void go_away() = 0;
  virtual bool is_of(const Caller& caller) const = 0;
};

/// What the streams of all servers share. On the loop.
struct OpenStreams {
  std::size_t most = 0;
  std::set<OpenStream*> open;
  bool closing = false;
};

/// What the handlers of one grpc::Server share. Outlives its calls; const after its making, so that
/// gRPC's threads may read it.
struct Caller {
  control::Control& control;  // on the loop only
  Mailbox& mailbox;
  OpenStreams& streams;  // on the loop only
  Unread& unread;
  std::unique_ptr<const Gate> gate;
  control::Audit& audit;             // on the loop only
  std::function<std::string()> who;  // whose the connections are; on the loop only

  /// Whether a call may be made. The one place where a role is compared with what a method needs.
  Admission admit(Method method, const grpc::CallbackServerContext& context) const;
  /// A line of what is refused; from any thread.
  void tell_refusal(Method method, const google::protobuf::Message& request,
                    const Admission& admission, const std::string& peer);
  /// "token ci from 10.0.0.1:4711", "uid 1000 (alice), pid 4711"; with " as operate" once that is
  /// known. On the loop.
  std::string text_of(const Identity& identity, const std::string& peer) const;
};

/// A change that was admitted, until it has ended. On the loop.
struct Change {
  std::string what;
  Identity identity;
  std::string peer;
  std::string who;  // known once it is on the loop
  control::Tally tally;
};
inline Change change_of(Method method, const google::protobuf::Message& request,
                        const Admission& admission, const grpc::CallbackServerContext& context) {
  return {what_of(row_of(method).name, request), admission.identity, context.peer(), "", {}};
}
void tell(Caller& caller, const Change& change, const grpc::Status& status);

/// For a call whose client had left, or whose deadline had passed, when its turn came.
inline grpc::Status never_begun() {
  return {grpc::StatusCode::CANCELLED, "the client has left; nothing was done"};
}

inline grpc::Status going_away() {
  return {grpc::StatusCode::UNAVAILABLE, "the daemon is going away"};
}

/// `act` takes the role where its answer depends on it.
template <class Act>
grpc::Status run(const Act& act, Role role) {
  if constexpr (std::is_invocable_v<const Act&, Role>) {
    return act(role);
  } else {
    return act();
  }
}

/// The one answer of a call. Deletes itself when gRPC is done with it, on one of gRPC's threads.
class Answer final : public grpc::ServerUnaryReactor {
 public:
  explicit Answer(grpc::CallbackServerContext& context) : context_{context} {}

  /// Nothing is to be done any more: the client has left, or the deadline has passed.
  bool is_cancelled() const { return context_.IsCancelled(); }

  /// On the loop. With a status that is OK, `response` is what the client gets.
  template <class Response>
  void give(Unread& unread, const grpc::Status& status, const Response& response) {
    if (status.ok()) message_.emplace(unread, context_.c_call(), size_of(response));
    Finish(status);
  }
  void OnDone() override { delete this; }

 private:
  grpc::CallbackServerContext& context_;
  std::optional<Unread::Message> message_;
};

/// Runs `act` on the loop, which returns the status. gRPC keeps request and response alive until
/// then.
template <class Request, class Response, class Act>
grpc::ServerUnaryReactor* answer(Caller& caller, Method method,
                                 grpc::CallbackServerContext* context, const Request* request,
                                 Response* response, Act act) {
  auto* const reactor = new Answer{*context};
  const Admission admission = caller.admit(method, *context);
  if (!admission.status.ok()) {
    caller.tell_refusal(method, *request, admission, context->peer());
    reactor->Finish(admission.status);
  } else if (!is_change(method)) {
    caller.mailbox.post(
        [&caller, reactor, response, role = admission.identity.role, act = std::move(act)] {
          if (reactor->is_cancelled()) return reactor->Finish(never_begun());
          reactor->give(caller.unread, run(act, role), *response);
        });
  } else {
    caller.mailbox.post([&caller, reactor, response, act = std::move(act),
                         change = change_of(method, *request, admission, *context)]() mutable {
      change.who = caller.text_of(change.identity, change.peer);
      const grpc::Status status =
          reactor->is_cancelled() ? never_begun() : run(act, change.identity.role);
      if constexpr (requires { response->outcomes(); }) {
        for (const auto& outcome : response->outcomes()) count(outcome, change.tally);
      }
      tell(caller, change, status);  // before the client goes on
      reactor->give(caller.unread, status, *response);
    });
  }
  return reactor;
}

/// The writing end of one stream; all on the loop but what gRPC calls. It deletes itself when gRPC
/// is done with it. At most one write is under way; what waits behind it is counted by waiting(),
/// and whoever produces without a natural bound looks at that, or produces in `on_ready` only.
template <class Response>
class Stream final : public grpc::ServerWriteReactor<Response>, public OpenStream {
 public:
  Stream(Caller& caller, grpc::CallbackServerContext& context)
      : caller_{caller}, context_{context} {}
  ~Stream() override { caller_.streams.open.erase(this); }

  /// Kept until the stream is gone: what produces its messages.
  void keep(std::unique_ptr<control::Interest> interest) { interest_ = std::move(interest); }
  /// What is sent here is not to be counted by Unread.
  void is_bounded_elsewhere() { bounded_elsewhere_ = true; }
  /// Called whenever all that was sent is written: the client can take more.
  void on_ready(std::function<void()> ready) { ready_ = std::move(ready); }
  /// False when the client has left or the stream is finished; a message is dropped then.
  bool is_open() const { return !status_; }
  std::size_t waiting() const { return queue_.size(); }
  std::size_t waiting_bytes() const { return queue_bytes_; }

  void send(Response response) {
    if (!is_open()) return;
    if constexpr (requires { response.outcome(); }) {
      if (change_ && response.has_outcome()) count(response.outcome(), change_->tally);
    }
    queue_bytes_ += size_of(response);
    queue_.push_back(std::move(response));
    if (!writing_) write_next();
  }
  /// Ends the stream after what was sent.
  void finish(grpc::Status status) {
    if (!is_open()) return;
    status_ = std::move(status);
    if (change_) tell(caller_, *change_, *status_);
    if (!writing_) this->Finish(*status_);
  }

  void begin(std::optional<Change> change, const std::function<void(Stream&)>& act) {
    change_ = std::move(change);
    if (change_) change_->who = caller_.text_of(change_->identity, change_->peer);
    if (context_.IsCancelled()) return finish(never_begun());
    if (caller_.streams.open.size() >= caller_.streams.most) {
      return finish({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many streams are open"});
    }
    caller_.streams.open.insert(this);
    if (caller_.streams.closing) return go_away();
    act(*this);
  }
  void go_away() override {
    if (is_open() && writing_) queue_.resize(1);  // the one that is being written
    finish(going_away());
  }

  bool is_of(const Caller& caller) const override { return &caller == &caller_; }

  void OnWriteDone(bool ok) override {
    message_.reset();
    caller_.mailbox.post_stream([this, ok] { written(ok); });
  }
  void OnCancel() override {
    caller_.mailbox.post_stream([this] { client_left(); });
  }
  void OnDone() override {
    caller_.mailbox.post_stream([this] { delete this; });
  }

 private:
  void write_next() {
    writing_ = true;
    if (!bounded_elsewhere_)
      message_.emplace(caller_.unread, context_.c_call(), size_of(queue_.front()));
    this->StartWrite(&queue_.front());
  }
  void written(bool ok) {
    writing_ = false;
    queue_bytes_ -= std::min(queue_bytes_, size_of(queue_.front()));
    queue_.pop_front();
    if (!ok) queue_.clear();
    if (!queue_.empty()) return write_next();
    if (status_) return this->Finish(*status_);
    if (!ok) return client_left();
    if (ready_) ready_();
  }
  void client_left() {
    if (is_open())
      finish({grpc::StatusCode::CANCELLED, "the client has left; what it asked for goes on"});
    interest_.reset();
  }

  Caller& caller_;
  grpc::CallbackServerContext& context_;  // until OnDone
  std::deque<Response> queue_;            // the front is being written while writing_
  std::size_t queue_bytes_ = 0;
  bool writing_ = false;
  std::optional<Unread::Message> message_;  // while writing_
  bool bounded_elsewhere_ = false;
  std::optional<grpc::Status> status_;  // how it ends, once that is known
  std::function<void()> ready_;
  std::unique_ptr<control::Interest> interest_;
  std::optional<Change> change_;  // what the stream is about, when it is one
};

/// Runs `act` on the loop with the stream, which it may keep a pointer to as long as what it gives
/// to keep() lives.
template <class Response, class Request, class Act>
grpc::ServerWriteReactor<Response>* stream(Caller& caller, Method method,
                                           grpc::CallbackServerContext* context,
                                           const Request* request, Act act) {
  auto* const reactor = new Stream<Response>{caller, *context};  // deletes itself: OnDone
  const Admission admission = caller.admit(method, *context);
  if (!admission.status.ok()) {
    caller.tell_refusal(method, *request, admission, context->peer());
    reactor->Finish(admission.status);
  } else {
    std::optional<Change> change;
    if (is_change(method)) change = change_of(method, *request, admission, *context);
    caller.mailbox.post_stream(
        [reactor, act = std::move(act), change = std::move(change)]() mutable {
          reactor->begin(std::move(change), act);
        });
  }
  return reactor;
}

}  // namespace supervisord::api
