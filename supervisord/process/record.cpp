#include "supervisord/process/record.hpp"

#include <nlohmann/json.hpp>
#include <vector>

#include "common/cbor.hpp"

namespace supervisord::process {
namespace {

using nlohmann::json;

template <class Time>
std::int64_t nanoseconds(Time at) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

template <class Time>
Time time_of(std::int64_t count) {
  return Time{std::chrono::duration_cast<typename Time::duration>(std::chrono::nanoseconds{count})};
}

template <class Time>
void put(json& to, const char* key, const std::optional<Time>& at) {
  if (at) to[key] = nanoseconds(*at);
}

template <class Time>
std::optional<Time> get(const json& from, const char* key) {
  const auto found = from.find(key);
  if (found == from.end()) return std::nullopt;
  return time_of<Time>(found->get<std::int64_t>());
}

State state_of(int code) {
  for (const State state : {State::stopped, State::starting, State::running, State::backoff,
                            State::stopping, State::exited, State::fatal}) {
    if (state_code(state) == code) return state;
  }
  return State::unknown;
}

}  // namespace

std::string encode(const Record& record) {
  const Memory& memory = record.memory;
  json out{{"state", state_code(memory.state)},
           {"failed_starts", memory.failed_starts},
           {"has_child", memory.has_child},
           {"ready", memory.ready},
           {"giving_up_start", memory.giving_up_start},
           {"restart_wanted", memory.restart_wanted},
           {"steady_started_at", nanoseconds(memory.started_at)},
           {"spawn_error", memory.spawn_error},
           {"pid", record.pid},
           {"previous_pid", record.previous_pid},
           {"runs", record.runs},
           {"mark", record.mark},
           {"status_text", record.status_text},
           {"stdout_auto_path", record.stdout_auto_path},
           {"stderr_auto_path", record.stderr_auto_path}};
  put(out, "due", memory.due);
  if (memory.exit_code) out["exit_code"] = *memory.exit_code;
  put(out, "started_at", record.started_at);
  put(out, "stopped_at", record.stopped_at);
  std::string bytes;
  json::to_cbor(out, bytes);
  return bytes;
}

common::Result<Record> decode_record(std::string_view bytes) {
  const json in = common::read_cbor(bytes);
  if (!in.is_object())
    return common::Error{common::Errc::bad_syntax, "a process record that is no CBOR map"};
  Record record;
  Memory& memory = record.memory;
  try {
    memory.state = state_of(in.value("state", state_code(State::unknown)));
    memory.failed_starts = in.value("failed_starts", 0);
    memory.has_child = in.value("has_child", false);
    memory.ready = in.value("ready", false);
    memory.giving_up_start = in.value("giving_up_start", false);
    memory.restart_wanted = in.value("restart_wanted", false);
    memory.started_at = time_of<Clock::time_point>(in.value("steady_started_at", std::int64_t{0}));
    memory.due = get<Clock::time_point>(in, "due");
    memory.spawn_error = in.value("spawn_error", std::string{});
    if (in.contains("exit_code")) memory.exit_code = in.at("exit_code").get<int>();
    record.pid = in.value("pid", pid_t{0});
    record.previous_pid = in.value("previous_pid", pid_t{0});
    record.runs = in.value("runs", std::uint32_t{0});
    record.mark = in.value("mark", std::string{});
    record.started_at = get<WallTime>(in, "started_at");
    record.stopped_at = get<WallTime>(in, "stopped_at");
    record.status_text = in.value("status_text", std::string{});
    record.stdout_auto_path = in.value("stdout_auto_path", std::string{});
    record.stderr_auto_path = in.value("stderr_auto_path", std::string{});
  } catch (const json::exception& error) {  // a field of another type
    return common::Error{common::Errc::bad_syntax, error.what()};
  }
  return record;
}

}  // namespace supervisord::process
