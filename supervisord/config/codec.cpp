#include "supervisord/config/codec.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace supervisord::config {
namespace {

using Json = nlohmann::json;

// ---- The last enumerator of each enum that is a field ----
// What lies beyond was written by a newer daemon and is not known here.

constexpr AutoRestart last_of(std::type_identity<AutoRestart>) { return AutoRestart::always; }
constexpr LogSpec::Kind last_of(std::type_identity<LogSpec::Kind>) { return LogSpec::Kind::file; }
constexpr LogLevel last_of(std::type_identity<LogLevel>) { return LogLevel::blather; }
constexpr ExitOn::Kind last_of(std::type_identity<ExitOn::Kind>) { return ExitOn::Kind::exit; }
constexpr Role last_of(std::type_identity<Role>) { return Role::admin; }
constexpr ReadyNotification last_of(std::type_identity<ReadyNotification>) {
  return ReadyNotification::notify_socket;
}

// ---- One field's value, both ways ----
// The overloads for containers call each other, so all are declared first.

template <class T>
concept Scalar = std::is_integral_v<T> || std::is_enum_v<T>;

Json to_value(const std::string& text);
template <Scalar T>
Json to_value(T value);
Json to_value(std::chrono::seconds value);
template <class T>
Json to_value(const std::optional<T>& value);
template <class T>
Json to_value(const std::vector<T>& values);
template <class A, class B>
Json to_value(const std::pair<A, B>& pair);
template <class T>
requires std::is_class_v<T> Json to_value(const T& spec);

void from_value(const Json& json, std::string& text);
template <Scalar T>
void from_value(const Json& json, T& value);
void from_value(const Json& json, std::chrono::seconds& value);
template <class T>
void from_value(const Json& json, std::optional<T>& value);
template <class T>
void from_value(const Json& json, std::vector<T>& values);
template <class A, class B>
void from_value(const Json& json, std::pair<A, B>& pair);
template <class T>
requires std::is_class_v<T>
void from_value(const Json& json, T& spec);

// ---- The fields, each named once for both ways ----
// A name is never used again for something else.

template <class Visit>
void fields(Visit&& visit, auto&& spec, std::type_identity<LogSpec>) {
  visit("kind", spec.kind);
  visit("path", spec.path);
  visit("rotate_at_bytes", spec.rotate_at_bytes);
  visit("backups", spec.backups);
  visit("capture_max_bytes", spec.capture_max_bytes);
  visit("events_enabled", spec.events_enabled);
  visit("syslog", spec.syslog);
}

template <class Visit>
void fields(Visit&& visit, auto&& spec, std::type_identity<UserSpec>) {
  visit("name", spec.name);
  visit("uid", spec.uid);
  visit("gid", spec.gid);
  visit("groups", spec.groups);
}

template <class Visit>
void fields(Visit&& visit, auto&& spec, std::type_identity<ProcessSpec>) {
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
  visit("reload_signal", spec.reload_signal);
  visit("stop_wait", spec.stop_wait);
  visit("stop_as_group", spec.stop_as_group);
  visit("kill_as_group", spec.kill_as_group);
  visit("stop_whole_tree", spec.stop_whole_tree);
  visit("redirect_stderr", spec.redirect_stderr);
  visit("stdout_log", spec.stdout_log);
  visit("stderr_log", spec.stderr_log);
  visit("strip_ansi", spec.strip_ansi);
  visit("ready_notification", spec.ready_notification);
  visit("ready_timeout", spec.ready_timeout);
  visit("sockets", spec.sockets);
}

template <class Visit>
void fields(Visit&& visit, auto&& spec, std::type_identity<EventListenerSpec>) {
  visit("events", spec.events);
  visit("buffer_size", spec.buffer_size);
  visit("result_handler", spec.result_handler);
}

template <class Visit>
void fields(Visit&& visit, auto&& spec, std::type_identity<ListenSpec>) {
  visit("url", spec.url);
  visit("unix_path", spec.unix_path);
  visit("host", spec.host);
  visit("port", spec.port);
  visit("backlog", spec.backlog);
  visit("mode", spec.mode);
  visit("owner", spec.owner);
  visit("owner_group", spec.owner_group);
}

template <class Visit>
void fields(Visit&& visit, auto&& spec, std::type_identity<SocketSpec>) {
  visit("name", spec.name);
  visit("place", spec.place);
}

template <class Visit>
void fields(Visit&& visit, auto&& spec, std::type_identity<GroupSpec>) {
  visit("name", spec.name);
  visit("priority", spec.priority);
  visit("processes", spec.processes);
  visit("listener", spec.listener);
  visit("fcgi", spec.fcgi);
}

template <class Visit>
void fields(Visit&& visit, auto&& spec, std::type_identity<ExitOn>) {
  visit("kind", spec.kind);
  visit("process", spec.process);
}

template <class Visit>
void fields(Visit&& visit, auto&& spec, std::type_identity<DaemonSpec>) {
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
  visit("exit_on", spec.exit_on);
}

template <class Visit>
void fields(Visit&& visit, auto&& spec, std::type_identity<Allowed>) {
  visit("name", spec.name);
  visit("id", spec.id);
  visit("role", spec.role);
}

template <class Visit>
void fields(Visit&& visit, auto&& spec, std::type_identity<GrpcServerSpec>) {
  visit("certfile", spec.certfile);
  visit("keyfile", spec.keyfile);
  visit("client_ca", spec.client_ca);
  visit("tokens_file", spec.tokens_file);
}

template <class Visit>
void fields(Visit&& visit, auto&& spec, std::type_identity<ServerSpec>) {
  visit("section", spec.section);
  visit("unix_path", spec.unix_path);
  visit("mode", spec.mode);
  visit("owner", spec.owner);
  visit("owner_group", spec.owner_group);
  visit("host", spec.host);
  visit("port", spec.port);
  visit("username", spec.username);
  visit("password", spec.password);
  visit("allow_users", spec.allow_users);
  visit("allow_groups", spec.allow_groups);
  visit("grpc", spec.grpc);
}

template <class Visit>
void fields(Visit&& visit, auto&& spec, std::type_identity<Config>) {
  visit("file", spec.file);
  visit("daemon", spec.daemon);
  visit("servers", spec.servers);
  visit("groups", spec.groups);
  visit("notices", spec.notices);
  visit("warnings", spec.warnings);
}

// ---- The values ----

Json to_value(const std::string& text) {
  return Json::binary(std::vector<std::uint8_t>(text.begin(), text.end()));
}

template <Scalar T>
Json to_value(T value) {
  if constexpr (std::is_enum_v<T>) {
    return static_cast<int>(value);
  } else {
    return value;
  }
}

Json to_value(std::chrono::seconds value) { return value.count(); }

template <class T>
Json to_value(const std::optional<T>& value) {
  return value ? to_value(*value) : Json{};
}

template <class T>
Json to_value(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(to_value(value));
  return list;
}

template <class A, class B>
Json to_value(const std::pair<A, B>& pair) {
  Json list = Json::array();
  list.push_back(to_value(pair.first));
  list.push_back(to_value(pair.second));
  return list;
}

/// As of a spec that nobody has filled in, all fields.
template <class T>
const Json& defaults_of(std::type_identity<T> type) {
  static const Json defaults = [&] {
    Json object = Json::object();
    const T spec{};
    fields([&](const char* name, const auto& field) { object[name] = to_value(field); }, spec,
           type);
    return object;
  }();
  return defaults;
}

template <class T>
requires std::is_class_v<T> Json to_value(const T& spec) {
  const Json& defaults = defaults_of(std::type_identity<T>{});
  Json object = Json::object();
  fields(
      [&](const char* name, const auto& field) {
        Json value = to_value(field);
        if (value != defaults.at(name)) object[name] = std::move(value);
      },
      spec, std::type_identity<T>{});
  return object;
}

void from_value(const Json& json, std::string& text) {
  const auto& bytes = json.get_binary();
  text.assign(bytes.begin(), bytes.end());
}

template <Scalar T>
void from_value(const Json& json, T& value) {
  if constexpr (std::is_enum_v<T>) {
    const int number = json.get<int>();
    if (number >= 0 && number <= static_cast<int>(last_of(std::type_identity<T>{}))) {
      value = static_cast<T>(number);
    }
  } else {
    value = json.get<T>();
  }
}

void from_value(const Json& json, std::chrono::seconds& value) {
  value = std::chrono::seconds{json.get<std::int64_t>()};
}

template <class T>
void from_value(const Json& json, std::optional<T>& value) {
  if (json.is_null()) {
    value.reset();
  } else {
    from_value(json, value.emplace());
  }
}

template <class T>
void from_value(const Json& json, std::vector<T>& values) {
  values.clear();
  for (const Json& item : json.get_ref<const Json::array_t&>()) {
    from_value(item, values.emplace_back());
  }
}

template <class A, class B>
void from_value(const Json& json, std::pair<A, B>& pair) {
  from_value(json.at(0), pair.first);
  from_value(json.at(1), pair.second);
}

template <class T>
requires std::is_class_v<T>
void from_value(const Json& json, T& spec) {
  fields(
      [&](const char* name, auto& field) {
        const auto there = json.find(name);
        if (there != json.end()) from_value(*there, field);
      },
      spec, std::type_identity<T>{});
}

template <class T>
std::string encoded(const T& value) {
  const std::vector<std::uint8_t> bytes = Json::to_cbor(to_value(value));
  return {bytes.begin(), bytes.end()};
}

template <class T>
common::Result<T> decoded(std::string_view bytes) {
  // The library says by exception what is wrong.
  try {
    const Json json = Json::from_cbor(bytes.begin(), bytes.end());
    if (!json.is_object()) return common::Error{common::Errc::bad_syntax, "not a map"};
    T value;
    from_value(json, value);
    return value;
  } catch (const Json::exception& exception) {
    return common::Error{common::Errc::bad_syntax, exception.what()};
  }
}

}  // namespace

std::string encode(const Config& config) { return encoded(config); }
std::string encode(const GroupSpec& group) { return encoded(group); }
common::Result<Config> decode(std::string_view bytes) { return decoded<Config>(bytes); }
common::Result<GroupSpec> decode_group(std::string_view bytes) { return decoded<GroupSpec>(bytes); }

}  // namespace supervisord::config
