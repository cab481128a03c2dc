// logs: the ends of several programs' logs, or all of them as they are written, each line with the
// name of whose it is.
#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "common/words.hpp"
#include "supervisor/v1/log.grpc.pb.h"
#include "supervisor/v1/process.grpc.pb.h"
#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/commands/follow.hpp"
#include "supervisorctl/commands/targets.hpp"
#include "supervisorctl/interrupt.hpp"
#include "supervisorctl/output/colour.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/name.hpp"
#include "supervisorctl/output/since.hpp"

namespace supervisorctl {
namespace {

constexpr std::size_t shown_lines = 100;
constexpr std::int64_t searched_bytes = 4 * 1024 * 1024;  // behind those, for --grep and --since
constexpr std::int64_t shown_bytes = 64 * 1024;           // for the last lines alone
constexpr std::size_t most_followed = 200;                // a thread each

struct Wanted {
  std::optional<WallTime> since;
  std::optional<std::regex> pattern;
  std::size_t last_lines = shown_lines;
};

/// One log: its lines, filtered and with their prefix.
class Lines {
 public:
  Lines(Session& session, std::string process, v1::LogChannel channel, const Wanted& wanted,
        std::string prefix)
      : session_{session}, wanted_{wanted}, prefix_{std::move(prefix)} {
    *request_.mutable_log() = log_name(std::move(process), channel);
  }

  /// What there is: the last lines that are wanted. Nothing: it has no log.
  std::optional<Failure> show_end(std::string& out) {
    const bool searches = wanted_.since || wanted_.pattern;
    v1::ReadLogRequest request;
    *request.mutable_log() = request_.log();
    request.set_offset(searches ? -searched_bytes : -shown_bytes);
    bool is_whole = true;
    const auto ended = session_.client().stream(
        &v1::LogService::Stub::ReadLog, request, [&](const v1::ReadLogResponse& response) {
          const v1::LogChunk& chunk = response.chunk();
          if (!request_.has_resume_from()) is_whole = chunk.position().offset() == 0;
          *request_.mutable_resume_from() = chunk.position();
          request_.mutable_resume_from()->set_offset(chunk.position().offset() +
                                                     chunk.data().size());
          take(chunk.data());
        });
    if (!ended) return ended.error();
    finish();
    if (!is_whole && !lines_.empty()) lines_.pop_front();  // begins in the middle, most likely
    while (lines_.size() > wanted_.last_lines) lines_.pop_front();
    for (const std::string& line : lines_) out += line;
    lines_.clear();
    return std::nullopt;
  }
  /// From the end that was shown on, until the client is cancelled.
  void follow() {
    follow_log(session_, request_, [this](const v1::LogChunk& chunk) {
      take(chunk.data());
      std::string text;
      for (const std::string& line : lines_) text += line;
      lines_.clear();
      session_.write(text);
    });
  }

 private:
  void take(std::string_view bytes) {
    rest_ += bytes;
    std::size_t begin = 0;
    for (std::size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1)
      add(std::string_view{rest_}.substr(begin, end - begin));
    rest_.erase(0, begin);
  }
  /// A last line without an end is one, too; what follows it is not known yet.
  void finish() {
    if (!rest_.empty()) add(std::exchange(rest_, ""));
  }
  void add(std::string_view line) {
    if (wanted_.since) {
      if (const auto at = time_of_line(line)) is_since_ = *at >= *wanted_.since;
      if (!is_since_) return;  // a line without a time is as old as the one before it
    }
    if (wanted_.pattern && !std::regex_search(line.begin(), line.end(), *wanted_.pattern)) return;
    lines_.push_back(prefix_ + std::string{line} + "\n");
  }

  Session& session_;
  const Wanted& wanted_;
  std::string prefix_;
  v1::FollowLogRequest request_;
  std::string rest_;
  std::deque<std::string> lines_;
  bool is_since_ = true;
};

std::optional<Wanted> wanted_of(Session& session, const Given& given) {
  Wanted out;
  const auto refuse = [&session](const std::string& why) {
    misuse(session, "logs", why, exit_code::generic);
    return std::nullopt;
  };
  if (given.has("--since")) {
    out.since = parse_since(given.value("--since"), std::chrono::system_clock::now());
    if (!out.since)
      return refuse("--since takes 90s, 5m, 2h, 1d, 12:00 or \"2026-11-25 12:00\", not '" +
                    given.value("--since") + "'");
    out.last_lines = static_cast<std::size_t>(-1);
  }
  if (given.has("--grep")) {
    try {
      out.pattern.emplace(given.value("--grep"), std::regex::ECMAScript | std::regex::optimize);
    } catch (const std::regex_error& error) {
      return refuse("--grep '" + given.value("--grep") + "': " + error.what());
    }
  }
  if (given.has("-n")) {
    const std::string text = given.value("-n");
    if (text.empty() || text.size() > 9 ||
        text.find_first_not_of("0123456789") != std::string::npos)
      return refuse("-n takes a number of lines, not '" + text + "'");
    out.last_lines = static_cast<std::size_t>(std::stoul(text));
  }
  return out;
}

/// The processes that the names mean; nothing: one is not known, which has been told.
std::optional<std::vector<v1::Process>> processes_of(Session& session,
                                                     const std::vector<std::string>& names) {
  const auto targets = targets_of(session, names);
  if (!targets) return std::nullopt;
  std::vector<v1::Process> out;
  for (const Target& target : *targets) {
    v1::ListProcessesRequest request;
    request.mutable_selectors()->Assign(target.selectors.begin(), target.selectors.end());
    const auto answer =
        target.selectors.empty()
            ? Answer<v1::ListProcessesResponse>{Failure{
                  .kind = Failure::Kind::fault, .fault = v1::FAULT_BAD_NAME, .text = ""}}
            : session.client().call(&v1::ProcessService::Stub::ListProcesses, request);
    if (!answer && answer.error().kind != Failure::Kind::fault) {
      session.fail(answer.error());
      return std::nullopt;
    }
    if (!answer) {
      session.print(target.text + ": ERROR (no such process name)");
      session.fail(exit_code::generic);
      return std::nullopt;
    }
    out.insert(out.end(), (*answer).processes().begin(), (*answer).processes().end());
  }
  return out;
}

std::vector<std::unique_ptr<Lines>> logs_of(Session& session,
                                            const std::vector<v1::Process>& processes,
                                            const Given& given, const Wanted& wanted) {
  constexpr std::array colours{Colour::cyan, Colour::yellow, Colour::green, Colour::magenta,
                               Colour::blue};
  std::size_t widest = 0;
  for (const v1::Process& process : processes)
    widest = std::max(widest, display_name(process.group(), process.name()).size());
  std::vector<std::unique_ptr<Lines>> logs;
  for (std::size_t i = 0; i < processes.size(); ++i) {
    const v1::Process& process = processes[i];
    const std::string name = display_name(process.group(), process.name());
    const auto add = [&](v1::LogChannel channel, std::string_view mark) {
      std::string prefix;
      if (processes.size() > 1) prefix = name + std::string(widest - name.size(), ' ');
      if (!prefix.empty() || !mark.empty()) prefix += std::string{mark} + " | ";
      if (session.screen().colour && !prefix.empty())
        prefix = coloured(prefix, colours[i % colours.size()]);
      logs.push_back(std::make_unique<Lines>(session, process.group() + ":" + process.name(),
                                             channel, wanted, std::move(prefix)));
    };
    if (!process.stdout_logfile().empty() && !given.has("--stderr"))
      add(v1::LOG_CHANNEL_STDOUT, "");
    if (!process.stderr_logfile().empty() && process.stderr_logfile() != process.stdout_logfile() &&
        !given.has("--stdout"))
      add(v1::LOG_CHANNEL_STDERR, processes.size() > 1 || !given.has("--stderr") ? " err" : "");
  }
  return logs;
}

void follow_all(Session& session, const std::vector<std::unique_ptr<Lines>>& logs) {
  Client& client = session.client();
  {
    const OnInterrupt on_interrupt{[&client] { client.cancel(); }};
    std::vector<std::thread> threads;
    for (const auto& log : logs) threads.emplace_back([&log] { log->follow(); });
    for (std::thread& thread : threads) thread.join();
  }
  if (client.is_cancelled()) return client.resume();
  session.hint(client.address().url + ": nothing to follow any more");
  session.fail(exit_code::generic);
}

}  // namespace

void run_logs(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto words = common::parse_words(arguments);
  if (!words) {
    misuse(session, "logs", words.error().context, exit_code::generic);
    return;
  }
  const auto given = parse_arguments(session, "logs", *words);
  if (!given) return;
  if (given->names.empty())
    return misuse(session, "logs", "logs requires a process name", exit_code::generic);
  const auto wanted = wanted_of(session, *given);
  if (!wanted) return;
  const auto processes = processes_of(session, given->names);
  if (!processes) return;
  const auto logs = logs_of(session, *processes, *given, *wanted);
  if (logs.empty()) {
    session.print(given->names.front() + ": ERROR (no log file)");
    return session.fail(exit_code::generic);
  }
  const bool follows = given->has("-f");
  if (follows && logs.size() > most_followed)
    return misuse(session, "logs",
                  "-f follows " + std::to_string(most_followed) + " logs at most, these are " +
                      std::to_string(logs.size()),
                  exit_code::generic);
  for (const auto& log : logs) {
    std::string text;
    const auto failure = log->show_end(text);
    session.write(text);
    const bool is_empty = failure && failure->kind == Failure::Kind::fault;  // none is written yet
    if (failure && !is_empty) return session.fail(*failure);
  }
  if (follows) follow_all(session, logs);
}

}  // namespace supervisorctl
