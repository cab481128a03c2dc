#include "supervisord/log/syslog_sink.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <optional>

#include "tests/unit/log/temp_dir.hpp"

namespace supervisord::log {
namespace {

using namespace std::chrono_literals;

common::UniqueFd listen_at(const std::string& path) {
  common::UniqueFd made{::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  EXPECT_EQ(::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return made;
}

std::optional<std::string> receive(const common::UniqueFd& daemon) {
  char bytes[10'000];
  const ssize_t size = ::recv(daemon.get(), bytes, sizeof bytes, 0);
  if (size < 0) return std::nullopt;
  return std::string{bytes, static_cast<std::size_t>(size)};
}

class SyslogSinkTest : public testing::Test {
 protected:
  const TempDir dir;
  SyslogSink::Clock::time_point now{1h};
  SyslogSink sink{"supervisord", dir / "log", [this] { return now; }};
};

TEST_F(SyslogSinkTest, SendsALineAsLibcDoes) {
  const auto daemon = listen_at(dir / "log");
  EXPECT_TRUE(sink.send("web hello"));
  const auto got = receive(daemon);
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->starts_with("<14>")) << *got;
  EXPECT_TRUE(got->ends_with(" supervisord: web hello")) << *got;
}

TEST(SyslogDatagram, HasLocalTimeWithADayOfTwoColumns) {
  const char* const before = std::getenv("TZ");
  const std::string zone = before != nullptr ? before : "";
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  const std::chrono::system_clock::time_point at{1'762'153'629s};  // 2025-11-03 07:07:09
  EXPECT_EQ(syslog_datagram(at, "ident", "line"), "<14>Nov  3 07:07:09 ident: line");
  before != nullptr ? ::setenv("TZ", zone.c_str(), 1) : ::unsetenv("TZ");
  ::tzset();
}

TEST_F(SyslogSinkTest, LosesLinesWhileNobodyListensAndFindsANewDaemon) {
  EXPECT_TRUE(sink.send("nobody"));
  auto daemon = listen_at(dir / "log");
  EXPECT_TRUE(sink.send("one"));
  EXPECT_TRUE(receive(daemon));
  daemon.reset();
  std::filesystem::remove(dir / "log");
  daemon = listen_at(dir / "log");
  EXPECT_TRUE(sink.send("two"));
  const auto got = receive(daemon);
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->ends_with("two"));
}

TEST_F(SyslogSinkTest, RefusesWhileTheQueueIsFullButNotForEver) {
  const auto daemon = listen_at(dir / "log");
  int sent = 0;
  while (sent < 100'000 && sink.send("line")) ++sent;
  ASSERT_LT(sent, 100'000);
  EXPECT_FALSE(sink.send("line"));
  EXPECT_TRUE(receive(daemon));
  EXPECT_TRUE(sink.send("line"));
  EXPECT_FALSE(sink.send("line"));
  now += SyslogSink::patience;
  EXPECT_TRUE(sink.send("lost"));
  while (receive(daemon)) {
  }
  EXPECT_TRUE(sink.send("again"));
  const auto got = receive(daemon);
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->ends_with("again"));
}

TEST_F(SyslogSinkTest, TakesTheMessagesOfTheMainLog) {
  const auto daemon = listen_at(dir / "log");
  SyslogLog log{std::move(sink)};
  log.write(common::log_line({}, common::Level::info, "spawned: 'web' with pid 7"));
  log.write(common::log_line({}, common::Level::debug, "'web' stdout output:\none two\n"));
  for (const char* const message :
       {"spawned: 'web' with pid 7", "'web' stdout output:", "one two", ""}) {
    const auto got = receive(daemon);
    ASSERT_TRUE(got);
    EXPECT_TRUE(got->ends_with(std::string{" supervisord: "} + message)) << *got;
  }
}

}  // namespace
}  // namespace supervisord::log
