#include "supervisord/config/codec.hpp"

#include <nlohmann/json.hpp>

namespace supervisord::config {
namespace {

using nlohmann::json;

// One list of fields a struct, read by the writer and by the reader: fields(value, [](const char*
// key, auto& field) {...}). A template over const and mutable values, since both walk the same
// list.

template <class Value, class Visit>
void log_fields(Value& log, Visit visit) {
  visit("kind", log.kind);
  visit("path", log.path);
  visit("rotate_at_bytes", log.rotate_at_bytes);
  visit("backups", log.backups);
  visit("capture_max_bytes", log.capture_max_bytes);
  visit("events_enabled", log.events_enabled);
  visit("syslog", log.syslog);
}

template <class Value, class Visit>
void user_fields(Value& user, Visit visit) {
  visit("name", user.name);
  visit("uid", user.uid);
  visit("gid", user.gid);
  visit("groups", user.groups);
}

template <class Value, class Visit>
void process_fields(Value& spec, Visit visit) {
  visit("program", spec.program);
  visit("group", spec.group);
  visit("name", spec.name);
  visit("command", spec.command);
  visit("directory", spec.directory);
  visit("umask", spec.umask);
  visit("environment", spec.environment);
  visit("user", spec.user);
  visit("server_url", spec.server_url);
  visit("priority", spec.priority);
  visit("autostart", spec.autostart);
  visit("autorestart", spec.autorestart);
  visit("start_secs", spec.start_secs);
  visit("start_retries", spec.start_retries);
  visit("exit_codes", spec.exit_codes);
  visit("stop_signal", spec.stop_signal);
  visit("stop_wait", spec.stop_wait);
  visit("stop_as_group", spec.stop_as_group);
  visit("kill_as_group", spec.kill_as_group);
  visit("redirect_stderr", spec.redirect_stderr);
  visit("stdout_log", spec.stdout_log);
  visit("stderr_log", spec.stderr_log);
  visit("ready_notification", spec.ready_notification);
  visit("ready_timeout", spec.ready_timeout);
}

template <class Value, class Visit>
void group_fields(Value& group, Visit visit) {
  visit("name", group.name);
  visit("priority", group.priority);
  visit("processes", group.processes);
}

template <class Value, class Visit>
void daemon_fields(Value& spec, Visit visit) {
  visit("logfile", spec.logfile);
  visit("log_to_syslog", spec.log_to_syslog);
  visit("logfile_rotate_at_bytes", spec.logfile_rotate_at_bytes);
  visit("logfile_backups", spec.logfile_backups);
  visit("loglevel", spec.loglevel);
  visit("pidfile", spec.pidfile);
  visit("rundir", spec.rundir);
  visit("umask", spec.umask);
  visit("nodaemon", spec.nodaemon);
  visit("silent", spec.silent);
  visit("nocleanup", spec.nocleanup);
  visit("strip_ansi", spec.strip_ansi);
  visit("minfds", spec.minfds);
  visit("minprocs", spec.minprocs);
  visit("childlogdir", spec.childlogdir);
  visit("user", spec.user);
  visit("directory", spec.directory);
  visit("environment", spec.environment);
  visit("identifier", spec.identifier);
}

template <class Value, class Visit>
void server_fields(Value& server, Visit visit) {
  visit("section", server.section);
  visit("unix_path", server.unix_path);
  visit("mode", server.mode);
  visit("owner", server.owner);
  visit("owner_group", server.owner_group);
  visit("host", server.host);
  visit("port", server.port);
  visit("username", server.username);
  visit("password", server.password);
}

template <class Value, class Visit>
void config_fields(Value& config, Visit visit) {
  visit("file", config.file);
  visit("daemon", config.daemon);
  visit("servers", config.servers);
  visit("groups", config.groups);
  visit("notices", config.notices);
  visit("warnings", config.warnings);
}

template <class Value, class Visit>
void fields(Value& value, Visit visit) {
  using Plain = std::remove_const_t<Value>;
  if constexpr (std::is_same_v<Plain, LogSpec>) log_fields(value, visit);
  if constexpr (std::is_same_v<Plain, UserSpec>) user_fields(value, visit);
  if constexpr (std::is_same_v<Plain, ProcessSpec>) process_fields(value, visit);
  if constexpr (std::is_same_v<Plain, GroupSpec>) group_fields(value, visit);
  if constexpr (std::is_same_v<Plain, DaemonSpec>) daemon_fields(value, visit);
  if constexpr (std::is_same_v<Plain, ServerSpec>) server_fields(value, visit);
  if constexpr (std::is_same_v<Plain, Config>) config_fields(value, visit);
}

template <class Value>
constexpr bool is_struct = std::is_same_v<Value, LogSpec> || std::is_same_v<Value, UserSpec> ||
                           std::is_same_v<Value, ProcessSpec> || std::is_same_v<Value, GroupSpec> ||
                           std::is_same_v<Value, DaemonSpec> || std::is_same_v<Value, ServerSpec> ||
                           std::is_same_v<Value, Config>;

template <class Value>
json to_json(const Value& value);
template <class Value>
json to_json(const std::optional<Value>& value) {
  return value ? json::array({to_json(*value)}) : json::array();
}
template <class Value>
json to_json(const std::vector<Value>& values) {
  json out = json::array();
  for (const auto& value : values) out.push_back(to_json(value));
  return out;
}
template <class First, class Second>
json to_json(const std::pair<First, Second>& pair) {
  return json::array({pair.first, pair.second});
}
inline json to_json(const std::chrono::seconds& value) { return value.count(); }
template <class Value>
json to_json(const Value& value) {
  if constexpr (is_struct<Value>) {
    json out = json::object();
    fields(value, [&](const char* key, const auto& field) { out[key] = to_json(field); });
    return out;
  } else if constexpr (std::is_enum_v<Value>) {
    return static_cast<int>(value);
  } else {
    return value;
  }
}

template <class Value>
void from_json(const json& in, Value& value);
template <class Value>
void from_json(const json& in, std::optional<Value>& value) {
  value.reset();
  if (!in.empty()) from_json(in.at(0), value.emplace());
}
template <class Value>
void from_json(const json& in, std::vector<Value>& values) {
  values.clear();
  for (const auto& each : in) from_json(each, values.emplace_back());
}
template <class First, class Second>
void from_json(const json& in, std::pair<First, Second>& pair) {
  from_json(in.at(0), pair.first);
  from_json(in.at(1), pair.second);
}
inline void from_json(const json& in, std::chrono::seconds& value) {
  value = std::chrono::seconds{in.get<std::int64_t>()};
}
template <class Value>
void from_json(const json& in, Value& value) {
  if constexpr (is_struct<Value>) {
    if (!in.is_object()) throw json::other_error::create(501, "not a map", &in);
    fields(value, [&](const char* key, auto& field) {
      if (const auto found = in.find(key); found != in.end()) from_json(*found, field);
    });
  } else if constexpr (std::is_enum_v<Value>) {
    value = static_cast<Value>(in.get<int>());
  } else {
    value = in.get<Value>();
  }
}

template <class Value>
std::string encode_value(const Value& value) {
  std::string bytes;
  json::to_cbor(to_json(value), bytes);
  return bytes;
}

template <class Value>
common::Result<Value> decode_value(std::string_view bytes) {
  const json in = json::from_cbor(bytes, true, false);
  if (!in.is_object())
    return common::Error{common::Errc::bad_syntax, "a configuration record that is no CBOR map"};
  try {
    Value value;
    from_json(in, value);
    return value;
  } catch (const json::exception& error) {  // a field of another type
    return common::Error{common::Errc::bad_syntax, error.what()};
  }
}

}  // namespace

std::string encode(const GroupSpec& group) { return encode_value(group); }
std::string encode(const Config& config) { return encode_value(config); }
common::Result<GroupSpec> decode_group(std::string_view bytes) {
  return decode_value<GroupSpec>(bytes);
}
common::Result<Config> decode_config(std::string_view bytes) { return decode_value<Config>(bytes); }

}  // namespace supervisord::config
