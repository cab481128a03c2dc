// What one client, or all together, may make the daemon hold, and for how long.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <poll.h>

#include <array>
#include <map>

#include "supervisor/v1/daemon.grpc.pb.h"
#include "supervisor/v1/event.grpc.pb.h"
#include "supervisor/v1/log.grpc.pb.h"
#include "supervisor/v1/process.grpc.pb.h"
#include "supervisord/api/access.hpp"
#include "supervisord/api/connections.hpp"
#include "tests/fakes/api_fixture.hpp"

namespace supervisord::api {
namespace {

using namespace std::chrono_literals;
namespace v1 = ::supervisor::v1;
namespace pb = google::protobuf;

/// Of every service; "/supervisor.v1.ProcessService/ListProcesses".
std::vector<std::string> all_methods() {
  std::vector<std::string> out;
  for (const char* const service :
       {"DaemonService", "ConfigService", "ProcessService", "LogService", "EventService"}) {
    const auto* const found = pb::DescriptorPool::generated_pool()->FindServiceByName(
        "supervisor.v1." + std::string{service});
    for (int at = 0; found != nullptr && at < found->method_count(); ++at)
      out.push_back("/" + found->full_name() + "/" + found->method(at)->name());
  }
  return out;
}

/// A call whose request names nothing: what it means is each method's matter.
struct Call {
  grpc::ClientContext context;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream;
  grpc::Status status;
};

class LimitsTest : public ApiFixture {
 protected:
  std::shared_ptr<grpc::Channel> channel() const {
    return grpc::CreateChannel("unix:" + socket_path, grpc::InsecureChannelCredentials());
  }
  void add(std::string name, process::State state) {
    process::Status status;
    status.group = name;
    status.name = std::move(name);
    status.state = state;
    control.processes.push_back(std::move(status));
  }
};

TEST_F(LimitsTest, EachMethodEndsAtItsDeadlineAndDoesNothingLater) {
  add("web", process::State::stopped);
  serve();
  const auto names = all_methods();
  ASSERT_EQ(names.size(), methods.size());
  std::promise<void> go_on;
  boost::asio::post(io, [held = go_on.get_future().share()] { held.wait(); });  // a busy loop
  grpc::GenericStub stub{channel()};
  grpc::CompletionQueue queue;
  std::map<std::string, Call> calls;
  const grpc::Slice no_bytes{""};
  const grpc::ByteBuffer nothing{&no_bytes, 1};
  const auto of_each = [&](const auto& step) {
    for (const std::string& name : names) step(name, calls[name]);
    for (std::size_t count = 0; count < names.size(); ++count) {
      void* tag = nullptr;
      bool ok = false;
      ASSERT_TRUE(queue.Next(&tag, &ok));
    }
  };
  const auto deadline = std::chrono::system_clock::now() + 500ms;
  of_each([&](const std::string& name, Call& call) {
    call.context.set_deadline(deadline);
    call.stream = stub.PrepareCall(&call.context, name, &queue);
    call.stream->StartCall(nullptr);
  });
  of_each([&](const std::string&, Call& call) { call.stream->WriteLast(nothing, {}, nullptr); });
  of_each([&](const std::string&, Call& call) { call.stream->Finish(&call.status, nullptr); });
  for (const auto& [name, call] : calls)
    EXPECT_EQ(call.status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED) << name;
  go_on.set_value();
  EXPECT_TRUE(becomes([this] { return control.interests == 0; }));
  stop_serving();  // and so all calls are over
  EXPECT_EQ(control.calls, std::vector<std::string>{});
  EXPECT_EQ(control.info.state, control::DaemonState::running);
}

TEST_F(LimitsTest, WhatAStreamHeldGoesWithItsClient) {
  add("web", process::State::stopped);
  control.settle_starts = false;
  control.logs["web"] = "text";
  serve();
  const auto begun = [&](const char* name, const pb::Message& request) {
    auto call = std::make_unique<Call>();
    grpc::GenericStub stub{channel()};
    grpc::CompletionQueue queue;
    call->stream = stub.PrepareCall(&call->context, name, &queue);
    void* tag = nullptr;
    bool ok = false;
    call->stream->StartCall(nullptr);
    queue.Next(&tag, &ok);
    grpc::Slice text{request.SerializeAsString()};
    const grpc::ByteBuffer bytes{&text, 1};
    call->stream->WriteLast(bytes, {}, nullptr);
    queue.Next(&tag, &ok);
    EXPECT_TRUE(becomes([this] { return control.interests == 1; })) << name;
    call->context.TryCancel();
    call->stream->Finish(&call->status, nullptr);
    queue.Next(&tag, &ok);
    EXPECT_TRUE(becomes([this] { return control.interests == 0; })) << name;
  };
  v1::FollowLogRequest follow;
  follow.mutable_log()->set_process("web");
  v1::StartProcessesRequest start;
  start.add_selectors("web");
  begun("/supervisor.v1.LogService/FollowLog", follow);
  begun("/supervisor.v1.EventService/WatchEvents", v1::WatchEventsRequest{});
  begun("/supervisor.v1.ProcessService/WatchProcesses", v1::WatchProcessesRequest{});
  begun("/supervisor.v1.ProcessService/StartProcesses", start);
}

TEST_F(LimitsTest, AClientThatAnswersNoPingIsGone) {
  Options options;
  options.limits.keepalive = 50ms;
  options.limits.keepalive_answer = 50ms;
  serve(local_policy(), std::move(options));
  const auto client = connect();
  const std::string greeting =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9);
  ASSERT_EQ(::send(client.get(), greeting.data(), greeting.size(), 0),
            static_cast<ssize_t>(greeting.size()));
  std::array<char, 4096> bytes;
  pollfd readable{client.get(), POLLIN, 0};
  ssize_t size = 1;
  while (size > 0) {
    ASSERT_EQ(::poll(&readable, 1, 10'000), 1) << "it is still there";
    size = ::recv(client.get(), bytes.data(), bytes.size(), 0);
  }
}

TEST(Connections, AreCountedByServerAndAddressUntilTheyEnd) {
  boost::asio::io_context io;
  std::vector<const void*> left;
  Connections connections{io, 10, [&](const void* server) { left.push_back(server); }};
  const int servers[2] = {};
  std::vector<common::UniqueFd> ends;
  const auto add = [&](std::string address, const void* server) {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    ends.emplace_back(pair[0]);
    const common::UniqueFd grpcs{pair[1]};
    Peer peer;
    peer.address = std::move(address);
    connections.add(grpcs.get(), peer, server);
  };
  add("10.0.0.1", &servers[0]);
  add("10.0.0.1", &servers[1]);
  add("10.0.0.2", &servers[1]);
  EXPECT_EQ(connections.count(&servers[1]), 2u);
  EXPECT_EQ(connections.count_from("10.0.0.1"), 2u);
  ends.erase(ends.begin());
  io.run_one();
  EXPECT_EQ(connections.count_from("10.0.0.1"), 1u);
  EXPECT_EQ(left, std::vector<const void*>{&servers[0]});
  ends.clear();
  io.run_one();
  EXPECT_EQ(connections.count_from("10.0.0.1"), 0u);
  EXPECT_EQ(left, (std::vector<const void*>{&servers[0], &servers[1]}));
}

}  // namespace
}  // namespace supervisord::api
