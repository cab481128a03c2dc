// fg: a process's output on the terminal, and what is typed on its standard input.
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "supervisor/v1/log.grpc.pb.h"
#include "supervisor/v1/process.grpc.pb.h"
#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/commands/follow.hpp"
#include "supervisorctl/interrupt.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/name.hpp"

namespace supervisorctl {
namespace {

using Process = v1::ProcessService::Stub;

constexpr std::uint64_t shown_from_bytes = 1024;

/// One channel of its output, followed on a thread of its own.
class Output {
 public:
  Output(Session& session, const std::string& process, v1::LogChannel channel) : session_{session} {
    *request_.mutable_log() = log_name(process, channel);
    request_.set_last_bytes(shown_from_bytes);
  }
  /// Until the client is cancelled. A channel without a log of its own is silent.
  void follow() {
    follow_log(session_, request_, [this](const v1::LogChunk& chunk) { show(chunk); });
  }
  /// What was written since, now that nothing follows any more.
  void show_rest() {
    v1::ReadLogRequest request;
    *request.mutable_log() = request_.log();
    const bool has_seen = request_.has_resume_from();
    request.set_offset(has_seen ? static_cast<std::int64_t>(request_.resume_from().offset())
                                : -static_cast<std::int64_t>(shown_from_bytes));
    const auto ended = session_.client().stream(
        &v1::LogService::Stub::ReadLog, request, [&](const v1::ReadLogResponse& response) {
          const bool is_same = !has_seen || response.chunk().position().file_id() ==
                                                request_.resume_from().file_id();
          if (is_same) session_.write(response.chunk().data());
        });
    static_cast<void>(ended);  // no log, or no daemon: there is nothing to add
  }

 private:
  void show(const v1::LogChunk& chunk) const { session_.write(chunk.data()); }

  Session& session_;
  v1::FollowLogRequest request_;
};

/// Until the process is not RUNNING any more (true), or the client is cancelled or cannot go on.
bool watch_until_down(Session& session, const std::string& process) {
  v1::WatchProcessesRequest request;
  request.add_selectors(process);
  for (;;) {
    bool is_down = false;
    const auto ended = session.client().stream(
        &Process::WatchProcesses, request, [&](const v1::WatchProcessesResponse& response) {
          const bool none_left = response.complete() && response.processes().empty();
          const bool is_up = std::ranges::any_of(response.processes(), [](const v1::Process& each) {
            return each.state() == v1::STATE_RUNNING;
          });
          if (is_down || is_up || (response.processes().empty() && !none_left)) return true;
          is_down = true;
          return false;  // seen enough
        });
    if (is_down) return true;
    if (ended || ended.error().kind != Failure::Kind::lost) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});  // the daemon is being replaced
  }
}

/// Why typing ended: the words for it, or none.
std::string send_lines(Session& session, const std::string& process, int wake_fd) {
  std::string line;
  while (session.input().read(line, wake_fd) == LineInput::Got::line) {
    v1::SendProcessStdinRequest request;
    request.set_process(process);
    request.set_data(line + "\n");
    const auto answer = session.client().call(&Process::SendProcessStdin, request);
    if (answer) continue;
    const Failure& failure = answer.error();
    if (failure.kind == Failure::Kind::cancelled) return "";
    if (failure.kind != Failure::Kind::fault) {
      session.fail(failure);
      return "";
    }
    if (failure.fault == v1::FAULT_NOT_RUNNING) return "Process got killed";
    return "ERROR: " + failure.text;
  }
  return "";
}

void run_in_foreground(Session& session, const std::string& process) {
  session.print("==> Press Ctrl-C to exit <==");
  Client& client = session.client();
  const common::UniqueFd wake{::eventfd(0, EFD_CLOEXEC)};
  std::atomic<bool> went_down = false;
  bool was_interrupted = false;
  std::string why;
  std::array<Output, 2> outputs{Output{session, process, v1::LOG_CHANNEL_STDOUT},
                                Output{session, process, v1::LOG_CHANNEL_STDERR}};
  {
    const OnInterrupt on_interrupt{[&client] { client.cancel(); }};
    std::vector<std::thread> threads;
    for (Output& output : outputs) threads.emplace_back([&output] { output.follow(); });
    threads.emplace_back([&] {
      went_down = watch_until_down(session, process);
      ::eventfd_write(wake.get(), 1);
    });
    why = send_lines(session, process, wake.get());
    was_interrupted = client.is_cancelled();
    client.cancel();
    for (std::thread& thread : threads) thread.join();
  }
  client.resume();
  if (went_down) {
    for (Output& output : outputs) output.show_rest();
    why = "Process got killed";
  }
  if (was_interrupted && session.screen().is_terminal) session.write("\n");  // behind the ^C
  if (!why.empty()) session.print(why);
  session.print("Exiting foreground");
}

}  // namespace

void run_fg(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto names = words_of(arguments);
  const auto refuse = [&session](std::string_view why) {
    session.print("ERROR: " + std::string{why});
    session.fail(exit_code::generic);
  };
  if (names.empty()) {
    refuse("no process name supplied");
    return session.print(find_command("fg")->help);
  }
  if (names.size() > 1) return refuse("too many process names supplied");
  const Name name = split_name(names.front());
  v1::ListProcessesRequest request;
  request.add_selectors(names.front());
  const auto answer = session.client().call(&Process::ListProcesses, request);
  if (!answer && answer.error().kind != Failure::Kind::fault) return session.fail(answer.error());
  if (!answer || !name.process || names.front() == "all" || (*answer).processes_size() != 1)
    return refuse("bad process name supplied");
  if ((*answer).processes(0).state() != v1::STATE_RUNNING) return refuse("process not running");
  run_in_foreground(session, names.front());
}

}  // namespace supervisorctl
