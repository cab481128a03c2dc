#include "asgi-worker/options/environment.hpp"

#include <gtest/gtest.h>

namespace asgi_worker::options {
namespace {

using Words = std::vector<std::string>;

Options merged(const Words& variables) {
  const auto read = read_environment(variables);
  EXPECT_TRUE(read);
  auto options = merge({read_fallback(variables), read->gunicorn, read->servers, read->own});
  EXPECT_TRUE(options);
  return options ? *options : Options{};
}

TEST(Environment, IsReadInTheNamesOfAllServers) {
  const auto options = merged({"GUNICORN_CMD_ARGS=--workers 3 -b ':1'", "UVICORN_LOG_LEVEL=error",
                               "GRANIAN_LOG_ACCESS_ENABLED=false", "ASGI_WORKER_KEEPALIVE=7",
                               "WEB_CONCURRENCY=7", "PORT=5000", "HOME=/root"});
  EXPECT_EQ(options.workers, 3);
  EXPECT_EQ(options.bind, Words{":1"});
  EXPECT_EQ(options.log_level, "error");
  EXPECT_EQ(options.access_log, false);
  EXPECT_EQ(options.keep_alive.count(), 7);
}

TEST(Environment, CountsOurOwnVariablesMost) {
  EXPECT_EQ(
      merged({"GUNICORN_CMD_ARGS=-w 2", "UVICORN_WORKERS=3", "ASGI_WORKER_WORKERS=4"}).workers, 4);
  EXPECT_EQ(merged({"GUNICORN_CMD_ARGS=-w 2", "UVICORN_WORKERS=3"}).workers, 3);
}

TEST(Environment, SeparatesValuesOfAListByBlanks) {
  EXPECT_EQ(merged({"UVICORN_HEADERS=A:1 B:2"}).headers, (Words{"A:1", "B:2"}));
}

TEST(Environment, NamesTheApplication) {
  const auto read = read_environment({"UVICORN_APP=main:app"});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->application, "main:app");
}

TEST(Environment, NamesItselfInErrors) {
  const auto read = read_environment({"GUNICORN_CMD_ARGS=--bidn :1"});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().context,
            "GUNICORN_CMD_ARGS: No such option: --bidn  Did you mean --bind?");
}

TEST(Environment, WarnsOfAMistypedVariableOfOurs) {
  const auto read = read_environment({"ASGI_WORKER_WORKRES=2"});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->warnings,
            Words{"unknown variable ASGI_WORKER_WORKRES, did you mean the option 'workers'?"});
}

TEST(Fallback, TakesAPortOfEveryAddress) {
  const auto options = merged({"PORT=5000", "WEB_CONCURRENCY=7"});
  EXPECT_EQ(addresses(options), Words{"0.0.0.0:5000"});
  EXPECT_EQ(options.workers, 7);
}

TEST(Fallback, KeepsThePortOfAnotherHost) {
  const auto line = parse_words({"--host", "127.0.0.1"});
  const auto options = merge({read_fallback({"PORT=5000"}), line->layer});
  ASSERT_TRUE(options);
  EXPECT_EQ(addresses(*options), Words{"127.0.0.1:5000"});
}

}  // namespace
}  // namespace asgi_worker::options
