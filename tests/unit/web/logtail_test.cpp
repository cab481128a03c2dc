#include "supervisord/web/logtail.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "supervisord/web/percent.hpp"
#include "tests/fakes/fake_control.hpp"
#include "tests/fakes/fake_exchange.hpp"

namespace supervisord::web {
namespace {

class LogtailTest : public testing::Test {
 protected:
  LogtailTest() {
    process::Status web;
    web.group = "group";
    web.name = "web";
    control.processes.push_back(web);
    control.logs["web"] = "hello\n";
    control.logs[""] = "main\n";
  }
  std::shared_ptr<FakeExchange> ask(const std::string& path, const std::string& method = "GET") {
    const auto exchange = FakeExchange::get(path);
    exchange->asked.method = method;
    (path.starts_with("/main") ? main_log_handler(control)
                               : process_log_handler(control))(exchange);
    io.restart();
    io.poll();
    return exchange;
  }
  boost::asio::io_context io;
  control::FakeControl control{io};
};

TEST_F(LogtailTest, GivesTheLogAndWhatIsAdded) {
  const auto client = ask("/logtail/group:web");
  ASSERT_TRUE(client->streamed);
  EXPECT_EQ(client->streamed->content_type, "text/plain;charset=utf-8");
  EXPECT_NE(
      std::ranges::find(client->streamed->fields,
                        std::pair<std::string, std::string>{"X-Content-Type-Options", "nosniff"}),
      client->streamed->fields.end());
  EXPECT_EQ(client->body, "hello\n");
  control.append("web", "more\n");
  EXPECT_EQ(client->body, "hello\n") << "the client has not taken the first piece";
  client->take();
  io.restart();
  io.poll();
  EXPECT_EQ(client->body, "hello\nmore\n");
  client->leave();
  EXPECT_EQ(control.interests, 0);
}

TEST_F(LogtailTest, BeginsWithTheLast1024Bytes) {
  control.logs["web"] = std::string(5000, 'x');
  const auto client = ask("/logtail/group%3Aweb/stdout");
  EXPECT_EQ(client->body.size(), 1024u);
  client->leave();
}

TEST_F(LogtailTest, FollowsTheMainLog) {
  const auto client = ask("/mainlogtail");
  EXPECT_EQ(client->body, "main\n");
  client->leave();
}

struct RefusalRow {
  const char* name;
  const char* method;
  const char* path;
  unsigned status;
};
class Refused : public LogtailTest, public testing::WithParamInterface<RefusalRow> {};
TEST_P(Refused, AsTheTableSays) {
  const auto client = ask(GetParam().path, GetParam().method);
  ASSERT_TRUE(client->answered);
  EXPECT_EQ(client->answered->status, GetParam().status);
}
INSTANTIATE_TEST_SUITE_P(
    Logtail, Refused,
    testing::Values(RefusalRow{"NoName", "GET", "/logtail", 500},
                    RefusalRow{"EmptyName", "GET", "/logtail/", 404},
                    RefusalRow{"UnknownProcess", "GET", "/logtail/nope", 404},
                    RefusalRow{"UnknownChannel", "GET", "/logtail/group:web/both", 404},
                    RefusalRow{"Post", "POST", "/logtail/group:web", 400},
                    RefusalRow{"PostToTheMainLog", "POST", "/mainlogtail", 400}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(PercentDecode, DecodesWhatIsEncoded) {
  EXPECT_EQ(percent_decode("a%3Ab%20%zz%4"), "a:b %zz%4");
}

}  // namespace
}  // namespace supervisord::web
