// tail, tail -f, maintail.
#include <charconv>
#include <optional>
#include <vector>

#include "supervisor/v1/log.grpc.pb.h"
#include "supervisorctl/commands/commands.hpp"
#include "supervisorctl/commands/follow.hpp"
#include "supervisorctl/interrupt.hpp"
#include "supervisorctl/output/exit_code.hpp"
#include "supervisorctl/output/name.hpp"

namespace supervisorctl {
namespace {

using Stub = v1::LogService::Stub;

constexpr std::int64_t shown_bytes = 1600;
constexpr std::uint64_t followed_from_bytes = 1024;

struct What {
  bool follow = false;
  std::int64_t bytes = shown_bytes;
};

/// "-f", "-100".
std::optional<What> parse_modifier(std::string_view modifier) {
  modifier.remove_prefix(1);
  if (modifier == "f") return What{.follow = true};
  What what;
  const char* const last = modifier.data() + modifier.size();
  const auto [end, error] = std::from_chars(modifier.data(), last, what.bytes);
  if (error != std::errc{} || end != last || modifier.empty()) return std::nullopt;
  return what;
}

void show(Session& session, const v1::LogName& log, std::int64_t bytes) {
  v1::ReadLogRequest request;
  *request.mutable_log() = log;
  request.set_offset(-bytes);
  const auto ended = session.client().stream(
      &Stub::ReadLog, request,
      [&](const v1::ReadLogResponse& response) { session.write(response.chunk().data()); });
  if (ended) return session.write("\n");
  const bool main = log.channel() == v1::LOG_CHANNEL_MAIN;
  const std::string name = main ? "supervisord" : log.process();
  const Failure& failure = ended.error();
  if (failure.kind != Failure::Kind::fault) return session.fail(failure);
  session.fail(exit_code::generic);
  switch (failure.fault) {
    case v1::FAULT_NO_FILE: return session.print(name + ": ERROR (no log file)");
    case v1::FAULT_FAILED: return session.print(name + ": ERROR (unknown error reading log)");
    case v1::FAULT_BAD_NAME: return session.print(name + ": ERROR (no such process name)");
    default: return session.fail(failure);
  }
}

void tell_cannot_read(Session& session, const v1::LogName& log, const Failure& failure) {
  std::string path =
      log.channel() == v1::LOG_CHANNEL_MAIN ? "/mainlogtail" : "/logtail/" + log.process();
  if (log.channel() == v1::LOG_CHANNEL_STDOUT) path += "/stdout";
  if (log.channel() == v1::LOG_CHANNEL_STDERR) path += "/stderr";
  const bool missing = failure.fault == v1::FAULT_BAD_NAME || failure.fault == v1::FAULT_NO_FILE;
  session.hint(session.client().address().url + path + " Cannot read, " +
               (missing                ? "status code 404"
                : failure.text.empty() ? "refused"
                                       : failure.text));
}

/// Until Ctrl-C, which ends it well, or until no daemon answers any more.
void follow(Session& session, const v1::LogName& log) {
  session.print("==> Press Ctrl-C to exit <==");
  Client& client = session.client();
  const OnInterrupt on_interrupt{[&client] { client.cancel(); }};
  v1::FollowLogRequest request;
  *request.mutable_log() = log;
  request.set_last_bytes(followed_from_bytes);
  const Failure failure = follow_log(session, request, [&session](const v1::LogChunk& chunk) {
    if (chunk.truncated()) session.write("==> File truncated <==\n");
    session.write(chunk.data());
  });
  switch (failure.kind) {
    case Failure::Kind::cancelled: client.resume(); return session.write("\n");
    case Failure::Kind::fault: return tell_cannot_read(session, log, failure);
    case Failure::Kind::lost:
    case Failure::Kind::refused:
    case Failure::Kind::no_socket:
      session.hint(client.address().url + ": " + failure.text);
      return session.fail(exit_code::generic);
    default: return session.fail(failure);
  }
}

void run(Session& session, const v1::LogName& log, const What& what) {
  if (what.follow) return follow(session, log);
  show(session, log, what.bytes);
}

void bad_argument(Session& session, const std::string& argument) {
  session.print("Error: bad argument " + argument);
  session.fail(exit_code::generic);
}

}  // namespace

void run_tail(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  auto words = words_of(arguments);
  if (words.empty()) return misuse(session, "tail", "too few arguments", exit_code::generic);
  if (words.size() > 3) return misuse(session, "tail", "too many arguments", exit_code::generic);
  std::string modifier;
  if (words.front().starts_with('-')) {
    modifier = words.front();
    words.erase(words.begin());
  }
  if (words.empty()) {
    session.print("Error: tail requires process name");
    return session.fail(exit_code::generic);
  }
  v1::LogChannel channel = v1::LOG_CHANNEL_STDOUT;
  if (words.size() > 1) {
    std::string name = words.back();
    for (char& letter : name)
      letter = static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
    if (name != "stdout" && name != "stderr") {
      session.print("Error: bad channel '" + name + "'");
      return session.fail(exit_code::generic);
    }
    if (name == "stderr") channel = v1::LOG_CHANNEL_STDERR;
  }
  const auto what = modifier.empty() ? What{} : parse_modifier(modifier);
  if (!what) return bad_argument(session, modifier);
  run(session, log_name(words.front(), channel), *what);
}

void run_maintail(Session& session, std::string_view arguments) {
  if (!session.is_up()) return;
  const auto words = words_of(arguments);
  if (words.size() > 1)
    return misuse(session, "maintail", "too many arguments", exit_code::generic);
  std::optional<What> what = What{};
  if (!words.empty())
    what = words.front().starts_with('-') ? parse_modifier(words.front()) : std::nullopt;
  if (!what) return bad_argument(session, words.front());
  run(session, log_name("", v1::LOG_CHANNEL_MAIN), *what);
}

}  // namespace supervisorctl
