#include "supervisorctl/commands/follow.hpp"

#include <chrono>
#include <thread>

#include "supervisor/v1/log.grpc.pb.h"

namespace supervisorctl {
namespace {

using namespace std::chrono_literals;

constexpr auto replaced_within = 15s;  // a keeper tries again after 5 s at most
constexpr auto first_answer_within = 2s;

}  // namespace

v1::LogName log_name(std::string process, v1::LogChannel channel) {
  v1::LogName log;
  log.set_process(std::move(process));
  log.set_channel(channel);
  return log;
}

Failure follow_log(Session& session, v1::FollowLogRequest& request,
                   const std::function<void(const v1::LogChunk&)>& show) {
  auto give_up_at = std::chrono::steady_clock::now() + first_answer_within;
  for (;;) {
    const auto began = std::chrono::steady_clock::now();
    bool stood = false;
    const auto ended = session.client().stream(
        &v1::LogService::Stub::FollowLog, request, [&](const v1::FollowLogResponse& response) {
          const v1::LogChunk& chunk = response.chunk();
          show(chunk);
          v1::LogPosition& next = *request.mutable_resume_from();
          next = chunk.position();
          next.set_offset(next.offset() + chunk.data().size());
          stood = true;
        });
    if (ended) return {.kind = Failure::Kind::cancelled, .text = ""};
    const Failure& failure = ended.error();
    const auto now = std::chrono::steady_clock::now();
    if (stood || now - began > first_answer_within) give_up_at = now + replaced_within;
    const bool may_come_back = failure.kind == Failure::Kind::lost ||
                               failure.kind == Failure::Kind::refused ||
                               failure.kind == Failure::Kind::no_socket;
    if (!may_come_back || now >= give_up_at) return failure;
    std::this_thread::sleep_for(50ms);
  }
}

}  // namespace supervisorctl
