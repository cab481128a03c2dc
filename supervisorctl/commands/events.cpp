// events: what happens, a line each, until Ctrl-C; across daemons that are replaced.
#include <chrono>
#include <thread>

#include "supervisor/v1/event.grpc.pb.h"
#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/commands/targets.hpp"
#include "supervisorctl/interrupt.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/json.hpp"
#include "supervisorctl/output/name.hpp"
#include "supervisorctl/output/table.hpp"

namespace supervisorctl {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto replaced_within = 15s;  // a keeper tries again after 5 s at most

std::string line_of(const v1::Event& event) {
  std::string line = local_text(event.at()) + " " + padded(event.type(), 24);
  if (!event.process().empty()) {
    line += " " + display_name(event.group(), event.process());
  } else if (!event.group().empty()) {
    line += " " + event.group();
  }
  if (event.type().starts_with("PROCESS_STATE"))
    line += " from " + std::string{state_name(event.from())};
  if (event.pid() != 0) line += " pid " + std::to_string(event.pid());
  const auto expected = event.payload().find("expected:");
  if (event.type() == "PROCESS_STATE_EXITED" && expected != std::string::npos)
    line += event.payload()[expected + 9] == '1' ? " expected" : " not expected";
  return line + "\n";
}

}  // namespace

void run_events(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto given = parse_arguments(session, "events", words_of(arguments));
  if (!given) return;
  const bool as_json = given->has("--json");
  Client& client = session.client();
  v1::WatchEventsRequest request;
  request.mutable_types()->Assign(given->names.begin(), given->names.end());
  const OnInterrupt on_interrupt{[&client] { client.cancel(); }};
  auto give_up_at = steady_clock::now();
  for (;;) {
    const auto ended = client.stream(
        &v1::EventService::Stub::WatchEvents, request, [&](const v1::WatchEventsResponse& news) {
          give_up_at = steady_clock::now() + replaced_within;
          if (news.has_event()) {
            *request.mutable_resume_from() = news.event().position();
            session.write(as_json ? json_of(news.event()) + "\n" : line_of(news.event()));
          } else if (news.what_case() == v1::WatchEventsResponse::kLost) {
            session.hint("supervisorctl: " + std::to_string(news.lost()) + " events were lost");
          }
        });
    if (ended) continue;
    const Failure& failure = ended.error();
    if (failure.kind == Failure::Kind::cancelled) return client.resume();
    const bool may_come_back = failure.kind == Failure::Kind::lost ||
                               failure.kind == Failure::Kind::refused ||
                               failure.kind == Failure::Kind::no_socket;
    if (!may_come_back || steady_clock::now() > give_up_at) return session.fail(failure);
    if (failure.kind != Failure::Kind::lost) std::this_thread::sleep_for(50ms);
  }
}

}  // namespace supervisorctl
