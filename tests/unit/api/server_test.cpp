#include "supervisord/api/server.hpp"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>

#include <fstream>

#include "supervisor/v1/daemon.grpc.pb.h"
#include "supervisor/v1/event.grpc.pb.h"
#include "supervisor/v1/log.grpc.pb.h"
#include "supervisor/v1/process.grpc.pb.h"
#include "tests/fakes/api_fixture.hpp"

namespace supervisord::api {
namespace {

using namespace std::chrono_literals;
namespace v1 = ::supervisor::v1;
using control::Fault;
using process::State;

class ServerTest : public ApiFixture {
 protected:
  ServerTest() {
    add("g", "one", State::running);
    add("g", "two", State::stopped);
    add("web", "web", State::running);
  }
  void add(std::string group, std::string name, State state) {
    process::Status status;
    status.group = std::move(group);
    status.name = std::move(name);
    status.state = state;
    status.pid = state == State::running ? 100 : 0;
    control.processes.push_back(std::move(status));
  }
  std::shared_ptr<grpc::Channel> channel() const {
    return grpc::CreateChannel("unix:" + socket_path, grpc::InsecureChannelCredentials());
  }
  /// Calls that bear `Bearer reader` have the role read, with `Bearer admin` they may all.
  void serve_readers() {
    const std::string file = directory + "/tokens";
    std::ofstream{file} << "read script sha256:"
                           "3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30\n"
                           "admin person sha256:"
                           "8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    serve_remote({{}, file, {}, {}});
  }
  static void limit(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + 10s);
  }

  template <class Stub, class Request, class Response>
  grpc::Status call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response,
                    const std::string& authorization = "") {
    Stub stub{channel()};
    grpc::ClientContext context;
    limit(context);
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    return (stub.*method)(&context, request, &response);
  }
};

TEST_F(ServerTest, ListsWhatTheSelectorsName) {
  serve();
  v1::ListProcessesRequest request;
  v1::ListProcessesResponse response;
  request.add_selectors("g:*");
  ASSERT_TRUE(call(&v1::ProcessService::Stub::ListProcesses, request, response).ok());
  ASSERT_EQ(response.processes_size(), 2);
  EXPECT_EQ(response.processes(0).name(), "one");
  EXPECT_EQ(response.processes(1).state(), v1::STATE_STOPPED);
}

TEST_F(ServerTest, RefusesASelectorThatNamesNothing) {
  serve();
  v1::ListProcessesRequest request;
  v1::ListProcessesResponse response;
  request.add_selectors("nope");
  const auto status = call(&v1::ProcessService::Stub::ListProcesses, request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "BAD_NAME: nope");
}

TEST_F(ServerTest, StreamsAnOutcomeForEachProcess) {
  control.start_faults["two"] = Fault::spawn_error;
  serve();
  v1::ProcessService::Stub stub{channel()};
  grpc::ClientContext context;
  limit(context);
  v1::StartProcessesRequest request;
  request.add_selectors("g:*");
  const auto reader = stub.StartProcesses(&context, request);
  v1::StartProcessesResponse response;
  std::vector<v1::Fault> faults;
  while (reader->Read(&response)) faults.push_back(response.outcome().fault());
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(faults, (std::vector{v1::FAULT_ALREADY_STARTED, v1::FAULT_SPAWN_ERROR}));
  EXPECT_TRUE(becomes([this] { return control.interests == 0; }));
}

TEST_F(ServerTest, DropsItsInterestWhenTheClientLeaves) {
  control.settle_starts = false;
  serve();
  v1::ProcessService::Stub stub{channel()};
  grpc::ClientContext context;
  limit(context);
  v1::StartProcessesRequest request;
  request.add_selectors("web");
  const auto reader = stub.StartProcesses(&context, request);
  v1::StartProcessesResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(on_loop([this] { return control.interests; }), 1);
  context.TryCancel();
  EXPECT_TRUE(becomes([this] { return control.interests == 0; }));
  reader->Finish();
}

TEST_F(ServerTest, StopsBeforeItStartsInARestart) {
  serve();
  v1::ProcessService::Stub stub{channel()};
  grpc::ClientContext context;
  limit(context);
  v1::RestartProcessesRequest request;
  request.add_selectors("web");
  const auto reader = stub.RestartProcesses(&context, request);
  v1::RestartProcessesResponse response;
  std::vector<int> steps;
  while (reader->Read(&response)) steps.push_back(response.step());
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(steps, (std::vector<int>{v1::RestartProcessesResponse::STEP_STOPPED,
                                     v1::RestartProcessesResponse::STEP_STARTED}));
}

TEST_F(ServerTest, WatchTellsAllThenChangesThenAGroupThatWent) {
  serve();
  v1::ProcessService::Stub stub{channel()};
  grpc::ClientContext context;
  limit(context);
  const auto reader = stub.WatchProcesses(&context, v1::WatchProcessesRequest{});
  v1::WatchProcessesResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_TRUE(response.complete());
  EXPECT_EQ(response.processes_size(), 3);

  on_loop([this] {
    control.process("two").state = State::running;
    control::Event event;
    event.type = "PROCESS_STATE_RUNNING";
    event.group = "g";
    event.process = "two";
    control.happen(event);
  });
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_FALSE(response.complete());
  ASSERT_EQ(response.processes_size(), 1);
  EXPECT_EQ(response.processes(0).state(), v1::STATE_RUNNING);

  on_loop([this] {
    control.processes.pop_back();
    control::Event event;
    event.type = "PROCESS_GROUP_REMOVED";
    event.group = "web";
    control.happen(event);
  });
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_TRUE(response.complete());
  EXPECT_EQ(response.processes_size(), 2);
}

TEST_F(ServerTest, EventsThatAClientIsTooSlowForAreCounted) {
  serve();
  v1::EventService::Stub stub{channel()};
  grpc::ClientContext context;
  limit(context);
  const auto reader = stub.WatchEvents(&context, v1::WatchEventsRequest{});
  v1::WatchEventsResponse response;
  ASSERT_TRUE(reader->Read(&response));
  ASSERT_TRUE(response.has_started());
  constexpr std::uint64_t happened = 5000;
  on_loop([this] {
    for (std::uint64_t serial = 1; serial <= happened; ++serial) {
      control::Event event;
      event.serial = serial;
      event.type = "PROCESS_LOG_STDOUT";
      event.payload = std::string(1000, 'x');
      control.happen(event);
    }
  });
  std::uint64_t told = 0;
  std::uint64_t lost = 0;
  while (told + lost < happened && reader->Read(&response)) {
    if (response.has_event()) ++told;
    if (response.what_case() == v1::WatchEventsResponse::kLost) lost += response.lost();
  }
  EXPECT_EQ(told + lost, happened);
  EXPECT_GT(lost, 0u);
}

TEST_F(ServerTest, ReadsALogInPieces) {
  control.logs["web"] = std::string(1'000'000, 'a') + "end";
  serve();
  v1::LogService::Stub stub{channel()};
  grpc::ClientContext context;
  limit(context);
  v1::ReadLogRequest request;
  request.mutable_log()->set_process("web");
  const auto reader = stub.ReadLog(&context, request);
  v1::ReadLogResponse response;
  std::string text;
  int pieces = 0;
  for (; reader->Read(&response); ++pieces) {
    EXPECT_EQ(response.chunk().position().offset(), text.size());
    text += response.chunk().data();
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(pieces, 4);
  EXPECT_TRUE(text == control.logs["web"]);
}

TEST_F(ServerTest, ReadsTheEndOfALogInPieces) {
  control.logs["web"] = std::string(1'000'000, 'a') + "end";
  serve();
  v1::LogService::Stub stub{channel()};
  for (const std::size_t asked : {std::size_t{3}, std::size_t{700'000}, std::size_t{9'000'000}}) {
    grpc::ClientContext context;
    limit(context);
    v1::ReadLogRequest request;
    request.mutable_log()->set_process("web");
    request.set_offset(-static_cast<std::int64_t>(asked));
    const auto reader = stub.ReadLog(&context, request);
    v1::ReadLogResponse response;
    std::string text;
    while (reader->Read(&response)) text += response.chunk().data();
    EXPECT_TRUE(reader->Finish().ok());
    const std::string& all = control.logs["web"];
    EXPECT_TRUE(text == all.substr(all.size() - std::min(asked, all.size()))) << asked;
  }
}

TEST_F(ServerTest, FollowsNoFasterThanTheClientReads) {
  control.logs["web"] = "";
  serve();
  v1::LogService::Stub stub{channel()};
  grpc::ClientContext context;
  limit(context);
  v1::FollowLogRequest request;
  request.mutable_log()->set_process("web");
  const auto reader = stub.FollowLog(&context, request);
  ASSERT_TRUE(becomes([this] { return control.interests == 1; }));
  constexpr std::size_t size = 16 * 1024 * 1024;  // 256 chunks
  on_loop([this] { control.append("web", std::string(size, 'a')); });
  // The transport's windows and buffers fill, and then nothing more is read however long the loop
  // turns.
  int read = 0;
  int calm = 0;
  ASSERT_TRUE(becomes([&] {
    calm = read == control.chunks_read ? calm + 1 : 0;
    read = control.chunks_read;
    return read > 0 && calm > 2000;
  }));
  EXPECT_LT(read, 128);
  std::size_t got = 0;
  for (v1::FollowLogResponse response; got < size && reader->Read(&response);)
    got += response.chunk().data().size();
  EXPECT_EQ(got, size);
  context.TryCancel();
  EXPECT_TRUE(becomes([this] { return control.interests == 0; }));
}

TEST_F(ServerTest, ShutdownEndsOpenStreamsAtOnce) {
  control.logs["web"] = "line\n";
  serve();
  v1::LogService::Stub stub{channel()};
  grpc::ClientContext context;
  limit(context);
  v1::FollowLogRequest request;
  request.mutable_log()->set_process("web");
  request.set_last_bytes(100);
  const auto reader = stub.FollowLog(&context, request);
  v1::FollowLogResponse response;
  ASSERT_TRUE(reader->Read(&response));
  const auto began = std::chrono::steady_clock::now();
  on_loop([this] { server->shutdown(5s); });
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(on_loop([this] { return control.interests; }), 0);
}

TEST_F(ServerTest, ShutdownIsBoundedByItsLimitWithAStalledClient) {
  control.logs["web"] = std::string(16 * 1024 * 1024, 'a');
  serve();
  v1::LogService::Stub stub{channel()};
  grpc::ClientContext context;
  v1::FollowLogRequest request;
  request.mutable_log()->set_process("web");
  request.set_last_bytes(1u << 30);
  const auto reader = stub.FollowLog(&context, request);
  v1::FollowLogResponse response;
  ASSERT_TRUE(reader->Read(&response));  // and never again
  const auto began = std::chrono::steady_clock::now();
  on_loop([this] { server->shutdown(200ms); });
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
  EXPECT_EQ(on_loop([this] { return control.interests; }), 0);
  context.TryCancel();
}

TEST_F(ServerTest, RefusesWhatTheRoleMayNot) {
  serve_readers();
  v1::GetDaemonResponse daemon;
  EXPECT_TRUE(
      call(&v1::DaemonService::Stub::GetDaemon, v1::GetDaemonRequest{}, daemon, "Bearer reader")
          .ok());
  v1::ShutdownResponse ended;
  const auto status =
      call(&v1::DaemonService::Stub::Shutdown, v1::ShutdownRequest{}, ended, "Bearer reader");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(status.error_message(), "this needs the role admin, and you have read");
  EXPECT_TRUE(on_loop([this] { return control.calls.empty(); }));
}

TEST_F(ServerTest, ShowsSecretsToAdminsWhoAskForThem) {
  serve_readers();
  v1::DescribeProcessRequest request;
  v1::DescribeProcessResponse response;
  const auto describe = [&](const std::string& token) {
    return call(&v1::ConfigService::Stub::DescribeProcess, request, response, token).error_code();
  };
  ASSERT_EQ(describe("Bearer reader"), grpc::StatusCode::OK);
  ASSERT_EQ(response.options_size(), 2);
  EXPECT_EQ(response.options(0).value(), "/bin/true");
  EXPECT_EQ(response.options(1).value(), "KEY=\"***\",PLAIN=\"yes\"");
  ASSERT_EQ(response.environment_size(), 2);
  EXPECT_EQ(response.environment(0).value(), "***");
  EXPECT_EQ(response.environment(1).value(), "yes");
  request.set_show_secrets(true);
  EXPECT_EQ(describe("Bearer reader"), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(describe("Bearer admin"), grpc::StatusCode::OK);
  EXPECT_EQ(response.environment(0).value(), "secret");
}

TEST_F(ServerTest, SendsEachItsReloadSignalWhenAsked) {
  serve();
  v1::SignalProcessesRequest request;
  request.add_selectors("web");
  request.set_reload(true);
  v1::SignalProcessesResponse response;
  ASSERT_TRUE(call(&v1::ProcessService::Stub::SignalProcesses, request, response).ok());
  EXPECT_EQ(on_loop([this] { return control.calls; }),
            std::vector<std::string>{"reload signal web"});
}

TEST_F(ServerTest, TellsHowRunsEndedNewestFirst) {
  control.ends = {{.pid = 7, .wait_status = SIGKILL, .ran = 1500ms, .reason = "first"},
                  {.reason = "no such file"}};
  serve();
  v1::DescribeProcessResponse response;
  ASSERT_TRUE(
      call(&v1::ConfigService::Stub::DescribeProcess, v1::DescribeProcessRequest{}, response, "")
          .ok());
  ASSERT_EQ(response.run_ends_size(), 2);
  EXPECT_FALSE(response.run_ends(0).has_ran());
  EXPECT_EQ(response.run_ends(0).how_case(), v1::RunEnd::HOW_NOT_SET);
  EXPECT_EQ(response.run_ends(1).signal(), SIGKILL);
  EXPECT_EQ(response.run_ends(1).ran().nanos(), 500'000'000);
}

TEST_F(ServerTest, TellsWhatProcessesUse) {
  serve();
  auto& status = control.processes.emplace_back();
  status.group = status.name = "self";
  status.pid = ::getpid();
  v1::ListUsageResponse response;
  ASSERT_TRUE(
      call(&v1::ProcessService::Stub::ListUsage, v1::ListUsageRequest{}, response, "").ok());
  ASSERT_EQ(response.usages_size(), 1);
  EXPECT_EQ(response.usages(0).name(), "self");
  EXPECT_GT(response.usages(0).memory_bytes(), 0u);
  EXPECT_GE(response.usages(0).processes(), 1u);
  EXPECT_GT(response.at().seconds(), 0);
}

TEST_F(ServerTest, AsksForThePasswordOfItsListener) {
  serve(local_policy({"me", "secret"}));
  v1::GetDaemonResponse response;
  const auto get = [&](const std::string& authorization) {
    return call(&v1::DaemonService::Stub::GetDaemon, v1::GetDaemonRequest{}, response,
                authorization)
        .error_code();
  };
  EXPECT_EQ(get(""), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(get("Basic bWU6b3RoZXI="), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(get("Basic bWU6c2VjcmV0"), grpc::StatusCode::OK);
}

TEST_F(ServerTest, ServesHealthBesideItsOwnServices) {
  serve(local_policy({"me", "secret"}));
  const grpc::internal::RpcMethod check{"/grpc.health.v1.Health/Check",
                                        grpc::internal::RpcMethod::NORMAL_RPC};
  grpc::ClientContext context;
  limit(context);
  v1::FaultDetail answer;  // no generated code for health here; field 1 is an enum there as well,
                           // and SERVING is 1
  const auto status = grpc::internal::BlockingUnaryCall<v1::GetDaemonRequest, v1::FaultDetail>(
      channel().get(), check, &context, {}, &answer);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(static_cast<int>(answer.fault()), 1);
}

TEST_F(ServerTest, AnswersAnUpgradeAndSaysWhyNot) {
  serve();
  v1::UpgradeResponse response;
  EXPECT_TRUE(call(&v1::DaemonService::Stub::Upgrade, v1::UpgradeRequest{}, response).ok());
  on_loop([this] { control.refuses_upgrade = "/d does not start"; });
  const auto status = call(&v1::DaemonService::Stub::Upgrade, v1::UpgradeRequest{}, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(status.error_message(), "FAILED: /d does not start");
}

TEST_F(ServerTest, ListsTheSocketsItListensOnAndThoseOfPrograms) {
  control.program_sockets = {{"web", "tcp://127.0.0.1:80", {"a", "b"}}};
  serve();
  v1::ListSocketsResponse response;
  ASSERT_TRUE(call(&v1::DaemonService::Stub::ListSockets, v1::ListSocketsRequest{}, response).ok());
  ASSERT_EQ(response.sockets_size(), 2);
  EXPECT_EQ(response.sockets(1).kind(), v1::Socket::KIND_PROGRAM);
  EXPECT_EQ(response.sockets(1).name(), "web");
  EXPECT_EQ(response.sockets(1).address(), "tcp://127.0.0.1:80");
  EXPECT_EQ(response.sockets(1).programs_size(), 2);
  EXPECT_EQ(response.sockets(0).address(), "unix://" + socket_path);
  EXPECT_EQ(response.sockets(0).name(), "unix_http_server");
}

TEST_F(ServerTest, ClearsBothLogsAndMindsNoneThatIsMissing) {
  control.logs["web"] = "old";
  serve();
  v1::ClearProcessLogsRequest request;
  request.add_selectors("all");
  v1::ClearProcessLogsResponse response;
  ASSERT_TRUE(call(&v1::LogService::Stub::ClearProcessLogs, request, response).ok());
  ASSERT_EQ(response.outcomes_size(), 3);
  for (const auto& outcome : response.outcomes()) EXPECT_EQ(outcome.fault(), v1::FAULT_UNSPECIFIED);
  EXPECT_EQ(on_loop([this] { return control.logs["web"]; }), "");
}

}  // namespace
}  // namespace supervisord::api
