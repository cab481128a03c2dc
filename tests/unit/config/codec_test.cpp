#include "supervisord/config/codec.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/config/fake_surroundings.hpp"

namespace supervisord::config {
namespace {

using Json = nlohmann::json;

/// A configuration with every field away from its default, and texts that are not UTF-8.
Config full_config() {
  ProcessSpec process;
  process.program = "p";
  process.group = "g";
  process.name = "n\xff";
  process.command = std::string(70'000, 'c');
  process.directory = "/d";
  process.umask = 027;
  process.environment = {{"A", "\xfe\x80"}, {"B", ""}};
  process.user = UserSpec{"app", 1000, 1001, {1001, 27}};
  process.server_url = "http://h:1";
  process.priority = -3;
  process.autostart = false;
  process.autorestart = AutoRestart::always;
  process.start_secs = std::chrono::seconds{-1};
  process.start_retries = 9;
  process.exit_codes = {};
  process.stop_signal = SIGINT;
  process.reload_signal = SIGUSR2;
  process.stop_wait = std::chrono::seconds{99};
  process.stop_as_group = process.kill_as_group = process.redirect_stderr = true;
  process.stop_whole_tree = true;
  process.stdout_log = {LogSpec::Kind::file, "/l", 1ull << 40, 0, 7, true, true};
  process.stderr_log.kind = LogSpec::Kind::none;
  process.ready_notification = ReadyNotification::notify_socket;
  process.ready_timeout = std::chrono::seconds{5};
  process.sockets = {{"web", {"tcp://h:1", "/p", "h", 1, 7, 0770, 5, 6}}};

  DaemonSpec daemon;
  daemon.logfile = "/a.log";
  daemon.log_to_syslog = true;
  daemon.logfile_rotate_at_bytes = 1;
  daemon.logfile_backups = 2;
  daemon.loglevel = LogLevel::blather;
  daemon.pidfile = "/a.pid";
  daemon.rundir = "/a.d";
  daemon.umask = 0;
  daemon.nodaemon = daemon.silent = daemon.nocleanup = daemon.strip_ansi = true;
  daemon.minfds = 3;
  daemon.minprocs = 4;
  daemon.childlogdir = "/c";
  daemon.user = process.user;
  daemon.directory = "/e";
  daemon.environment = {{"X", "\xff"}};
  daemon.identifier = "me";
  daemon.exit_on = {ExitOn::Kind::exit, "web"};

  ServerSpec server{"unix_http_server", "/s", 0777, 5, 6, "h", 9001, "u", "w\xff", {}, {}, {}};
  server.allow_users = {{"alice", 1000, Role::operate}};
  server.allow_groups = {{"\xff", 33, Role::read}};
  server.grpc = GrpcServerSpec{"/c", "/k", "/a", "/t"};
  GroupSpec pool{.name = "e", .priority = -1, .processes = {process}};
  pool.listener = EventListenerSpec{{"TICK_5"}, 3, "handler"};
  GroupSpec fcgi{.name = "f", .processes = {process}};
  fcgi.fcgi = ListenSpec{"unix:///f", "/f", "h", 9000, 7, 0770, 5, 6};
  return {"/etc/s.conf", daemon,     {server}, {{"g", 7, {process}}, pool, fcgi},
          {"notice"},    {"warning"}};
}

void expect_equal(const Config& got, const Config& wanted) {
  EXPECT_EQ(got.file, wanted.file);
  EXPECT_EQ(got.daemon, wanted.daemon);
  EXPECT_EQ(got.servers, wanted.servers);
  EXPECT_EQ(got.groups, wanted.groups);
  EXPECT_EQ(got.notices, wanted.notices);
  EXPECT_EQ(got.warnings, wanted.warnings);
}

TEST(Codec, BringsAConfigThroughWhole) {
  const auto decoded = decode(encode(full_config()));
  ASSERT_TRUE(decoded) << decoded.error().context;
  expect_equal(*decoded, full_config());
}

TEST(Codec, BringsAGroupThrough) {
  const GroupSpec group = full_config().groups.front();
  const auto decoded = decode_group(encode(group));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, group);
}

TEST(Codec, LeavesOutWhatIsAtItsDefault) {
  ProcessSpec process;
  process.command = "c";
  process.stderr_log.backups = 1;
  const std::string bytes = encode(GroupSpec{.name = "g", .processes = {process}});
  const Json json = Json::from_cbor(bytes.begin(), bytes.end());
  const Json& encoded = json.at("processes").at(0);
  EXPECT_EQ(encoded.size(), 2U);
  EXPECT_EQ(encoded.at("stderr_log"), Json::object({{"backups", 1}}));
}

TEST(Codec, GivesMissingFieldsTheirDefaults) {
  const auto bytes = Json::to_cbor(Json::object());
  const auto decoded = decode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  ASSERT_TRUE(decoded);
  expect_equal(*decoded, Config{});
}

TEST(Codec, PassesOverUnknownFields) {
  const std::string bytes = encode(full_config());
  Json json = Json::from_cbor(bytes.begin(), bytes.end());
  json["new"] = {1, 2};
  json["daemon"]["newer"] = "x";
  const auto more = Json::to_cbor(json);
  const auto decoded = decode({reinterpret_cast<const char*>(more.data()), more.size()});
  ASSERT_TRUE(decoded);
  expect_equal(*decoded, full_config());
}

TEST(Codec, LeavesTheDefaultForAnUnknownEnumerator) {
  const std::string bytes = encode(full_config());
  for (const int unknown : {99, -1}) {
    Json json = Json::from_cbor(bytes.begin(), bytes.end());
    json["daemon"]["loglevel"] = unknown;
    json["daemon"]["exit_on"]["kind"] = unknown;
    json["groups"][0]["processes"][0]["autorestart"] = unknown;
    json["groups"][0]["processes"][0]["ready_notification"] = unknown;
    json["groups"][0]["processes"][0]["stdout_log"]["kind"] = unknown;
    const auto more = Json::to_cbor(json);
    const auto decoded = decode({reinterpret_cast<const char*>(more.data()), more.size()});
    ASSERT_TRUE(decoded);
    EXPECT_EQ((*decoded).daemon.loglevel, LogLevel::info);
    EXPECT_EQ((*decoded).daemon.exit_on.kind, ExitOn::Kind::never);
    const ProcessSpec& process = (*decoded).groups.at(0).processes.at(0);
    EXPECT_EQ(process.autorestart, AutoRestart::unexpected);
    EXPECT_EQ(process.ready_notification, ReadyNotification::none);
    EXPECT_EQ(process.stdout_log.kind, LogSpec::Kind::auto_named);
  }
}

TEST(Codec, RefusesWhatItCannotRead) {
  const std::string bytes = encode(full_config());
  EXPECT_FALSE(decode(""));
  EXPECT_FALSE(decode(bytes.substr(0, bytes.size() / 2)));
  EXPECT_FALSE(decode("\x01"));
  const auto wrong = Json::to_cbor(Json{{"groups", 7}});
  EXPECT_FALSE(decode({reinterpret_cast<const char*>(wrong.data()), wrong.size()}));
}

}  // namespace
}  // namespace supervisord::config
