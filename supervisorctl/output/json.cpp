#include "supervisorctl/output/json.hpp"

#include <cstdio>
#include <ctime>

#include "common/utf8.hpp"
#include "supervisorctl/output/name.hpp"
#include "supervisorctl/output/table.hpp"

namespace supervisorctl {
namespace {

/// {"key":value,...}: in the order in which they are added.
class Object {
 public:
  void text(std::string_view key, std::string_view value) { raw(key, json_string(value)); }
  void number(std::string_view key, std::int64_t value) { raw(key, std::to_string(value)); }
  void time(std::string_view key, bool has, const google::protobuf::Timestamp& value) {
    raw(key, has ? json_string(utc_text(value)) : "null");
  }
  void raw(std::string_view key, std::string_view value) {
    if (!members_.empty()) members_ += ',';
    members_ += json_string(key) + ":" + std::string{value};
  }
  std::string finished() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char letter : common::to_utf8(text)) {
    switch (letter) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(letter) < 0x20) {
          char code[8];
          std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(letter));
          out += code;
        } else {
          out += letter;
        }
    }
  }
  return out + "\"";
}

std::string utc_text(const google::protobuf::Timestamp& time) {
  const std::time_t seconds = time.seconds();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  char rest[8];
  std::snprintf(rest, sizeof rest, ".%03dZ", time.nanos() / 1'000'000 % 1000);
  return std::string(text, size) + rest;
}

std::string json_of(const v1::Process& process) {
  Object out;
  out.text("name", display_name(process.group(), process.name()));
  out.text("group", process.group());
  out.text("process", process.name());
  out.text("state", state_name(process.state()));
  out.number("pid", process.pid());
  out.raw("uptime_seconds",
          process.has_uptime() ? std::to_string(process.uptime().seconds()) : "null");
  out.time("started_at", process.has_started_at(), process.started_at());
  out.time("stopped_at", process.has_stopped_at(), process.stopped_at());
  out.raw("exit_status",
          process.has_exit_status() ? std::to_string(process.exit_status()) : "null");
  out.number("restarts", process.restarts());
  out.text("spawn_error", process.spawn_error());
  out.text("status_text", process.status_text());
  out.text("description", process.description());
  out.text("stdout_logfile", process.stdout_logfile());
  out.text("stderr_logfile", process.stderr_logfile());
  return out.finished();
}

std::string json_of(const std::vector<const v1::Process*>& processes) {
  std::string out = "[";
  for (const v1::Process* const process : processes)
    out += (out.size() == 1 ? "" : ",\n") + json_of(*process);
  return out + "]\n";
}

std::string json_of(const v1::Event& event) {
  Object out;
  out.text("type", event.type());
  out.time("at", event.has_at(), event.at());
  out.number("epoch", static_cast<std::int64_t>(event.position().epoch()));
  out.number("serial", static_cast<std::int64_t>(event.position().serial()));
  out.text("group", event.group());
  out.text("process", event.process());
  const bool has_states = event.type().starts_with("PROCESS_STATE");
  out.raw("from", has_states ? json_string(state_name(event.from())) : "null");
  out.raw("to", has_states ? json_string(state_name(event.to())) : "null");
  out.number("pid", event.pid());
  out.text("payload", event.payload());
  return out.finished();
}

std::string json_of(const v1::RunEnd& end) {
  Object out;
  out.time("at", end.has_at(), end.at());
  out.number("pid", end.pid());
  const bool by_exit = end.how_case() == v1::RunEnd::kExitStatus;
  const bool by_signal = end.how_case() == v1::RunEnd::kSignal;
  out.raw("exit_status", by_exit ? std::to_string(end.exit_status()) : "null");
  out.raw("signal", by_signal ? std::to_string(end.signal()) : "null");
  out.raw("expected", end.expected() ? "true" : "false");
  out.raw("stopped", end.stopped() ? "true" : "false");
  out.raw("ran_seconds", end.has_ran() ? std::to_string(static_cast<double>(end.ran().seconds()) +
                                                        end.ran().nanos() / 1e9)
                                       : "null");
  out.text("reason", end.reason());
  return out.finished();
}

}  // namespace supervisorctl
