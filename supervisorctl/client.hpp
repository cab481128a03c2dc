// The way to the daemon: one connection, made when it is first needed and again when it is lost. It
// connects by itself and hands gRPC the descriptor, so a failure has its errno, and gRPC has no
// name to resolve and nothing to balance.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <boost/system/result.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "supervisor/v1/process.pb.h"

namespace supervisorctl {

namespace v1 = ::supervisor::v1;

struct ServerAddress {
  std::string url;        // as it was written
  std::string unix_path;  // "" for TCP
  std::string host;
  std::string port;
};

struct Failure {
  enum class Kind {
    no_socket,        // there is no file of that name
    refused,          // nobody listens
    cannot_connect,   // any other reason: `text`
    lost,             // the connection ended, or what answers is no supervisord of ours
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

/// "unix:///path", "http://host:port", "grpc://host:port".
Answer<ServerAddress> parse_server_url(const std::string& url);

class Client {
 public:
  Client(ServerAddress address, std::string username, std::string password);

  const ServerAddress& address() const { return address_; }
  /// Connects, if it is not connected.
  Answer<void> connect();

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

  /// Calls `each` with every message.
  template <class Stub, class Request, class Response, class Each>
  Answer<void> stream(std::unique_ptr<grpc::ClientReader<Response>> (Stub::*method)(
                          grpc::ClientContext*, const Request&),
                      const Request& request, Each each, Repeat repeat = Repeat::no) {
    const auto once = [&](Stub& stub, grpc::ClientContext& context) {
      const auto reader = (stub.*method)(&context, request);
      Response response;
      while (reader->Read(&response)) each(response);
      return reader->Finish();
    };
    if (auto failure = run<Stub>(once, repeat)) return *std::move(failure);
    return {};
  }

 private:
  template <class Stub, class Once>
  std::optional<Failure> run(const Once& once, Repeat repeat) {
    const auto until = std::chrono::steady_clock::now() + replaced_within;
    for (;;) {
      if (auto connected = connect(); !connected) return connected.error();
      Stub stub{channel_};
      grpc::ClientContext context;
      prepare(context);
      const grpc::Status status = once(stub, context);
      if (status.ok()) return std::nullopt;
      Failure failure = failure_of(status);
      if (failure.kind != Failure::Kind::lost) return failure;
      channel_.reset();
      if (repeat == Repeat::no || std::chrono::steady_clock::now() >= until) return failure;
      pause();
    }
  }
  void prepare(grpc::ClientContext& context) const;
  static Failure failure_of(const grpc::Status& status);
  static void pause();

  static constexpr std::chrono::milliseconds replaced_within{1200};

  ServerAddress address_;
  std::string authorization_;  // the field's value, or ""
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace supervisorctl
