// The way to the daemon: one connection, made when it is first needed and again when it is lost. It
// connects by itself and hands gRPC the descriptor, so a failure has its errno, and gRPC has no
// name to resolve and nothing to balance. Calls may be made on several threads at once, and
// cancelled from any.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <boost/system/result.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

#include "supervisor/v1/process.pb.h"

namespace supervisorctl {

namespace v1 = ::supervisor::v1;

struct ServerAddress {
  std::string url;        // as it was written
  std::string unix_path;  // "" for TCP
  std::string host;
  std::string port;
  bool tls = false;
};

/// Files of grpcs:// and of tokens; "" for none.
struct Security {
  std::string ca;           // who signs the server's certificate; "": whom the system trusts
  std::string certificate;  // ours, for the server
  std::string key;          // "": it stands beside the certificate
  std::string token_file;   // goes with each call
};

struct Failure {
  enum class Kind {
    no_socket,        // there is no file of that name
    refused,          // nobody listens
    cannot_connect,   // any other reason: `text`
    lost,             // the connection ended
    supervisor,       // what answers is Supervisor's own daemon, or another HTTP server
    timed_out,        // the deadline has passed
    cancelled,        // by cancel()
    unauthenticated,  // a username and password are needed, or these are wrong
    fault,            // the daemon refused: `fault`, `text`
    other,
  };
  Kind kind = Kind::other;
  v1::Fault fault = v1::FAULT_UNSPECIFIED;
  std::string text;  // for a person
};

template <class T>
using Answer = boost::system::result<T, Failure>;

/// "unix:///path", "http://host:port", "grpc://host:port", "grpcs://host:port".
Answer<ServerAddress> parse_server_url(const std::string& url);

class Client {
 public:
  Client(ServerAddress address, const std::string& username, const std::string& password);

  const ServerAddress& address() const { return address_; }
  void set_credentials(const std::string& username, const std::string& password);
  void set_security(Security security) { security_ = std::move(security); }
  /// Connects, if it is not connected.
  Answer<void> connect();

  using Deadline = std::optional<std::chrono::system_clock::time_point>;
  /// Of the calls that are made from now on; none: they may take as long as they like.
  void set_deadline(Deadline deadline) { deadline_ = deadline; }
  /// Ends the calls under way and all that come.
  void cancel();
  bool is_cancelled() const;
  /// Calls may be made again.
  void resume();

  /// Whether a call whose connection is lost is made again: a daemon that is being replaced is back
  /// soon.
  enum class Repeat { no, while_replaced };

  template <class Stub, class Request, class Response>
  Answer<Response> call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                     Response*),
                        const Request& request, Repeat repeat = Repeat::no) {
    Response response;
    const auto once = [&](Stub& stub, grpc::ClientContext& context) {
      response.Clear();
      return (stub.*method)(&context, request, &response);
    };
    if (auto failure = run<Stub>(once, repeat)) return *std::move(failure);
    return response;
  }

  /// Calls `each` with every message; one that answers false has seen enough.
  template <class Stub, class Request, class Response, class Each>
  Answer<void> stream(std::unique_ptr<grpc::ClientReader<Response>> (Stub::*method)(
                          grpc::ClientContext*, const Request&),
                      const Request& request, Each each, Repeat repeat = Repeat::no) {
    const auto once = [&](Stub& stub, grpc::ClientContext& context) {
      const auto reader = (stub.*method)(&context, request);
      Response response;
      while (reader->Read(&response)) {
        if constexpr (std::is_void_v<std::invoke_result_t<Each, const Response&>>) {
          each(response);
        } else if (!each(response)) {
          context.TryCancel();
          reader->Finish();
          return grpc::Status::OK;
        }
      }
      return reader->Finish();
    };
    if (auto failure = run<Stub>(once, repeat)) return *std::move(failure);
    return {};
  }

 private:
  using Channel = std::shared_ptr<grpc::Channel>;

  template <class Stub, class Once>
  std::optional<Failure> run(const Once& once, Repeat repeat) {
    const auto until = std::chrono::steady_clock::now() + replaced_within;
    bool was_explained = false;
    for (;;) {
      auto channel = connected();
      if (!channel) return channel.error();
      grpc::ClientContext context;
      const grpc::Status status = [&] {
        const Call call{*this, context};
        Stub stub{*channel};
        return once(stub, context);
      }();
      if (status.ok()) return std::nullopt;
      Failure failure = failure_of(status);
      if (failure.kind != Failure::Kind::lost) return failure;
      forget(*channel);
      if (!std::exchange(was_explained, true)) failure = explained(std::move(failure));
      const bool may_come_back = repeat == Repeat::while_replaced &&
                                 failure.kind == Failure::Kind::lost &&
                                 std::chrono::steady_clock::now() < until;
      if (!may_come_back) return failure;
      pause();
    }
  }

  /// A call under way: what cancel() finds.
  struct Call {
    Call(Client& of, grpc::ClientContext& made);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    Client& client;
    grpc::ClientContext& context;
  };

  Answer<Channel> connected();
  void forget(const Channel& channel);
  Failure failure_of(const grpc::Status& status) const;
  /// Why the connection was lost, as far as a second one tells.
  Failure explained(Failure lost) const;
  static void pause();

  static constexpr std::chrono::milliseconds replaced_within{1200};

  ServerAddress address_;
  Security security_;
  std::string authorization_;  // the field's value, or ""
  Deadline deadline_;
  mutable std::mutex mutex_;  // guards what follows
  Channel channel_;
  std::set<grpc::ClientContext*> calls_;
  bool cancelled_ = false;
};

}  // namespace supervisorctl
