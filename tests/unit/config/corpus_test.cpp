// What we make of the files in tests/data/config/cases against what Supervisor 4.3.0 made of them.
// Each case's verdict is the record beside it; where ours is meant to be another, differences.json
// says which it is and why. record.py describes the records and the world they were made in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "supervisord/config/daemon_spec.hpp"
#include "supervisord/config/load.hpp"
#include "tests/unit/config/fake_surroundings.hpp"

namespace supervisord::config {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

const fs::path data{CORPUS_DIRECTORY};

std::string text_of(const fs::path& path) {
  std::ifstream stream{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

Json json_of(const fs::path& path) { return Json::parse(text_of(path)); }

/// record.py's world.
class CorpusSurroundings final : public FakeSurroundings {
 public:
  CorpusSurroundings() {
    variables = {{"HOME", "/root"}, {"KIND", "web"}, {"LANG", "C.UTF-8"}};
    directories = {"/", "/dev", "/dev/fd", "/here", "/root", "/tmp", "/var/log", "/var/run"};
  }
  std::string host_name() const override { return "host"; }
  std::string working_directory() const override { return "/"; }
  common::Result<common::User> find_user(const std::string& name) const override {
    if (name == "root" || name == "0") return common::User{"root", 0, 0, {0}, "/root"};
    if (name == "nobody" || name == "65534") {
      return common::User{"nobody", 65534, 65534, {65534}, "/nonexistent"};
    }
    const bool is_id = name.find_first_not_of("0123456789") == std::string::npos;
    return common::Error{common::Errc::not_found,
                         (is_id ? "Invalid user id " : "Invalid user name ") + name};
  }
  common::Result<gid_t> find_group(const std::string& name) const override {
    if (name == "nogroup") return gid_t{65534};
    return common::Error{common::Errc::not_found, "Invalid group name " + name};
  }
};

// ---- Ours in the records' form ----

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json environment_of(const std::vector<std::pair<std::string, std::string>>& environment) {
  Json object = Json::object();
  for (const auto& [key, value] : environment) object[key] = value;
  return object;
}

Json owner_of(std::optional<uid_t> user, std::optional<gid_t> group) {
  const auto id = [](const auto& value) { return value ? Json(*value) : Json(-1); };
  return Json::array({id(user), id(group)});
}

Json log_file_of(const LogSpec& log) {
  switch (log.kind) {
    case LogSpec::Kind::none: return nullptr;
    case LogSpec::Kind::auto_named: return "AUTO";
    case LogSpec::Kind::file: return log.path;
  }
  return nullptr;
}

std::string autorestart_of(AutoRestart value) {
  switch (value) {
    case AutoRestart::never: return "false";
    case AutoRestart::unexpected: return "unexpected";
    case AutoRestart::always: return "true";
  }
  return "";
}

Json process_of(const ProcessSpec& spec) {
  Json json{{"name", spec.name},
            {"command", spec.command},
            {"directory", or_null(spec.directory)},
            {"umask", or_null(spec.umask)},
            {"priority", spec.priority},
            {"autostart", spec.autostart},
            {"autorestart", autorestart_of(spec.autorestart)},
            {"startsecs", spec.start_secs.count()},
            {"startretries", spec.start_retries},
            {"uid", spec.user ? Json(spec.user->uid) : Json()},
            {"stopsignal", spec.stop_signal},
            {"stopwaitsecs", spec.stop_wait.count()},
            {"stopasgroup", spec.stop_as_group},
            {"killasgroup", spec.kill_as_group},
            {"exitcodes", spec.exit_codes},
            {"redirect_stderr", spec.redirect_stderr},
            {"environment", environment_of(spec.environment)},
            {"serverurl", or_null(spec.server_url)}};
  for (const auto& [channel, log] :
       {std::pair{std::string{"stdout"}, spec.stdout_log}, {"stderr", spec.stderr_log}}) {
    json[channel + "_logfile"] = log_file_of(log);
    json[channel + "_logfile_maxbytes"] = log.rotate_at_bytes;
    json[channel + "_logfile_backups"] = log.backups;
    json[channel + "_capture_maxbytes"] = log.capture_max_bytes;
    json[channel + "_events_enabled"] = log.events_enabled;
    json[channel + "_syslog"] = log.syslog;
  }
  return json;
}

Json group_of(const GroupSpec& group) {
  Json json{{"name", group.name}, {"priority", group.priority}, {"processes", Json::array()}};
  for (const ProcessSpec& process : group.processes) {
    json["processes"].push_back(process_of(process));
  }
  if (group.listener) {
    auto events = group.listener->events;
    std::sort(events.begin(), events.end());
    json["events"] = events;
    json["buffer_size"] = group.listener->buffer_size;
  }
  if (group.fcgi) {
    const ListenSpec& socket = *group.fcgi;
    json["socket"] = socket.url;
    json["socket_backlog"] = socket.backlog == SOMAXCONN ? Json() : Json(socket.backlog);
    json["socket_mode"] = socket.unix_path.empty() ? Json() : Json(socket.mode);
    json["socket_owner"] = socket.owner ? owner_of(socket.owner, socket.owner_group) : Json();
  }
  return json;
}

Json server_of(const ServerSpec& server) {
  Json json{{"section", server.section},
            {"username", server.username.empty() ? Json() : Json(server.username)},
            {"password", server.username.empty() ? Json() : Json(server.password)}};
  if (server.unix_path.empty()) {
    json["host"] = server.host;
    json["port"] = server.port;
  } else {
    json["file"] = server.unix_path;
    json["chmod"] = server.mode;
    json["chown"] = owner_of(server.owner, server.owner_group);
  }
  return json;
}

Json daemon_of(const DaemonSpec& spec) {
  return {{"logfile", spec.log_to_syslog ? "syslog" : spec.logfile},
          {"logfile_maxbytes", spec.logfile_rotate_at_bytes},
          {"logfile_backups", spec.logfile_backups},
          {"loglevel", log_level_name(spec.loglevel)},
          {"pidfile", spec.pidfile},
          {"umask", spec.umask},
          {"nodaemon", spec.nodaemon},
          {"silent", spec.silent},
          {"nocleanup", spec.nocleanup},
          {"strip_ansi", spec.strip_ansi},
          {"minfds", spec.minfds},
          {"minprocs", spec.minprocs},
          {"childlogdir", spec.childlogdir},
          {"user", spec.user ? Json(spec.user->uid) : Json()},
          {"directory", or_null(spec.directory)},
          {"identifier", spec.identifier},
          {"environment", environment_of(spec.environment)}};
}

Json config_of(const Config& config) {
  Json json{{"daemon", daemon_of(config.daemon)},
            {"servers", Json::array()},
            {"groups", Json::array()},
            {"notices", config.notices}};
  for (const ServerSpec& server : config.servers) json["servers"].push_back(server_of(server));
  for (const GroupSpec& group : config.groups) json["groups"].push_back(group_of(group));
  return json;
}

// ---- The records ----

Json over(const Json& defaults, const Json& record) {
  Json whole = defaults;
  for (const auto& [key, value] : record.items()) whole[key] = value;
  return whole;
}

/// The record with what it leaves out, being the default, put back.
Json whole(const Json& record, const Json& defaults) {
  Json json{{"daemon", over(defaults.at("daemon"), record.value("daemon", Json::object()))},
            {"servers", record.value("servers", Json::array())},
            {"groups", Json::array()},
            {"notices", record.value("notices", Json::array())}};
  for (const Json& group : record.value("groups", Json::array())) {
    Json full = over(defaults.at("group"), group);
    full["processes"] = Json::array();
    for (const Json& process : group.value("processes", Json::array())) {
      full["processes"].push_back(over(defaults.at("process"), process));
    }
    json["groups"].push_back(std::move(full));
  }
  return json;
}

LoadResult load_case(const std::string& name) {
  CorpusSurroundings world;
  if (fs::is_directory(data / "cases" / name)) {
    for (const auto& entry : fs::recursive_directory_iterator{data / "cases" / name}) {
      const std::string path = fs::relative(entry.path(), data / "cases" / name).string();
      if (entry.is_regular_file()) world.files["/here/" + path] = text_of(entry.path());
    }
  } else {
    world.files["/here/main.conf"] = text_of(data / "cases" / (name + ".conf"));
  }
  return load("/here/main.conf", {}, world);
}

bool has_line_with(const std::vector<std::string>& lines, const std::string& text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

/// What is not as the record says; "" when all is.
std::string contradiction(const LoadResult& ours, const Json& record, const Json& defaults) {
  if (record.contains("error")) {
    if (ours.config) return "accepted";
    const std::string text = record.at("error").get<std::string>();
    return has_line_with(ours.errors, text) ? "" : testing::PrintToString(ours.errors);
  }
  if (!ours.config) return testing::PrintToString(ours.errors);
  for (const Json& warning : record.value("warnings", Json::array())) {
    if (!has_line_with(ours.config->warnings, warning.get<std::string>())) {
      return "no warning: " + warning.get<std::string>();
    }
  }
  const Json patch = Json::diff(whole(record, defaults), config_of(*ours.config));
  return patch.empty() ? "" : patch.dump(1, ' ', false, Json::error_handler_t::replace);
}

/// Each topic's cases: what stands before the first dash of a name.
std::map<std::string, std::vector<std::string>> cases_by_topic() {
  std::map<std::string, std::vector<std::string>> topics;
  for (const auto& entry : fs::directory_iterator{data / "cases"}) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".json") topics[name.substr(0, name.find('-'))].push_back(name);
  }
  return topics;
}

std::vector<std::string> topics() {
  std::vector<std::string> names;
  for (const auto& [topic, cases] : cases_by_topic()) names.push_back(topic);
  return names;
}

/// The record as it would be if it were ours.
Json meant(const Json& record, const Json& ours) {
  if (ours.contains("error")) return ours;
  Json json = over(record, ours);
  json.erase("error");
  return json;
}

class CorpusOf : public testing::TestWithParam<std::string> {};
TEST_P(CorpusOf, IsReadAsSupervisorDoes) {
  const Json defaults = json_of(data / "defaults.json");
  const Json differences = json_of(data / "differences.json");
  const auto topics = cases_by_topic();
  for (const std::string& name : topics.at(GetParam())) {
    const LoadResult ours = load_case(name);
    const Json record = json_of(data / "cases" / (name + ".json"));
    const auto difference = differences.find(name);
    if (difference == differences.end()) {
      EXPECT_EQ(contradiction(ours, record, defaults), "") << name;
      continue;
    }
    EXPECT_NE(contradiction(ours, record, defaults), "") << name << " differs no more";
    EXPECT_EQ(contradiction(ours, meant(record, difference->at("ours")), defaults), "")
        << name << ", which differs by intent";
  }
}
INSTANTIATE_TEST_SUITE_P(Config, CorpusOf, testing::ValuesIn(topics()),
                         [](const auto& row) { return row.param; });

TEST(Corpus, HasAReasonForEachDifference) {
  const Json differences = json_of(data / "differences.json");
  for (const auto& [name, difference] : differences.items()) {
    EXPECT_TRUE(fs::exists(data / "cases" / (name + ".json"))) << name;
    EXPECT_FALSE(difference.at("reason").get<std::string>().empty()) << name;
  }
}

TEST(Corpus, CannotDoWithoutItsFiles) {
  std::size_t count = 0;
  for (const auto& [topic, cases] : cases_by_topic()) count += cases.size();
  EXPECT_GE(count, 150u);
}

}  // namespace
}  // namespace supervisord::config
