#include "supervisord/process/record.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "supervisord/process/notification.hpp"

namespace supervisord::process {
namespace {

using namespace std::chrono_literals;

Record full_record() {
  Record record;
  record.memory = {.state = State::stopping,
                   .failed_starts = 2,
                   .has_child = true,
                   .ready = true,
                   .giving_up_start = true,
                   .restart_wanted = true,
                   .started_at = Clock::time_point{123456789ns},
                   .due = Clock::time_point{223456789ns},
                   .spawn_error = "Bad exit code 3",
                   .exit_code = 3};
  record.pid = 4711;
  record.previous_pid = 4710;
  record.runs = 9;
  record.started_at = WallTime{std::chrono::microseconds{1700000000000001}};
  record.stopped_at = WallTime{std::chrono::microseconds{1700000000000002}};
  record.status_text = "serving";
  record.stdout_auto_path = "/tmp/a-\xff.log";  // a name need not be UTF-8
  record.stderr_auto_path = "/tmp/b.log";
  return record;
}

TEST(Record, ComesBackWhole) {
  const auto decoded = decode_record(encode(full_record()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, full_record());
}

TEST(Record, EmptyOneComesBackEmpty) {
  const auto decoded = decode_record(encode(Record{}));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, Record{});
}

TEST(Record, TakesDefaultsForFieldsOfANewerOrOlderDaemon) {
  std::string bytes;
  nlohmann::json::to_cbor(nlohmann::json{{"state", 20}, {"pid", 7}, {"from_the_future", true}},
                          bytes);
  const auto decoded = decode_record(bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->memory.state, State::running);
  EXPECT_EQ(decoded->pid, 7);
  EXPECT_EQ(decoded->runs, 0U);
}

TEST(Record, RefusesWhatIsNone) {
  EXPECT_FALSE(decode_record(""));
  EXPECT_FALSE(decode_record("nonsense"));
  std::string bytes;
  nlohmann::json::to_cbor(nlohmann::json{{"state", "RUNNING"}}, bytes);
  EXPECT_FALSE(decode_record(bytes));
  const std::string whole = encode(full_record());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decode_record(whole.substr(0, size))) << size;
}

TEST(Notification, ReadsReadyAndStatusAmongOtherLines) {
  const auto said = parse_notification("MAINPID=7\nREADY=1\nSTATUS=serving \x1b[1m2\nX");
  EXPECT_TRUE(said.ready);
  EXPECT_EQ(said.main_pid, 7);
  EXPECT_TRUE(said.has_status);
  EXPECT_EQ(said.status, "serving [1m2");
}

TEST(Notification, IsNotReadyWithAnythingElse) {
  for (const char* const text : {"", "READY=0", "READY=10", "NOTREADY=1", "READY"}) {
    EXPECT_FALSE(parse_notification(text).ready) << text;
  }
  EXPECT_EQ(parse_notification("MAINPID=x\nPID=7").main_pid, 0);
}

TEST(Status, DescribesAsSupervisorDoes) {
  Status status{.group = "web", .name = "web", .state = State::running, .pid = 7, .uptime = 7s};
  EXPECT_EQ(status.description(), "pid 7, uptime 0:00:07");
  status.uptime = 13h + 22min + 18s;
  EXPECT_EQ(status.description(), "pid 7, uptime 13:22:18");
  status.uptime = 26h + 3min + 4s;
  EXPECT_EQ(status.description(), "pid 7, uptime 1 day, 2:03:04");
  status.uptime = 240h;
  EXPECT_EQ(status.description(), "pid 7, uptime 10 days, 0:00:00");
  status.state = State::fatal;
  EXPECT_EQ(status.description(), "unknown error (try \"tail web\")");
  status.spawn_error = "can't find command 'x'";
  EXPECT_EQ(status.description(), "can't find command 'x'");
  status.state = State::stopped;
  EXPECT_EQ(status.description(), "Not started");
  status.state = State::stopping;
  EXPECT_EQ(status.description(), "");
}

}  // namespace
}  // namespace supervisord::process
