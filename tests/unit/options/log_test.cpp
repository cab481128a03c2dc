#include "asgi-worker/python/log.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

namespace asgi_worker::python {
namespace {

TEST(LinePrefix, PadsAsUvicornDoes) {
  EXPECT_EQ(line_prefix({}, Level::info, 0, 7), "INFO:     ");
  EXPECT_EQ(line_prefix({}, Level::critical, 0, 7), "CRITICAL: ");
  EXPECT_EQ(line_prefix({.has_colors = true}, Level::info, 0, 7), "\x1b[32mINFO\x1b[0m:     ");
}

TEST(LinePrefix, HasTimeAndProcessAsGunicornsHas) {
  ::setenv("TZ", "UTC", 1);
  EXPECT_EQ(line_prefix({.form = LogStyle::Form::gunicorn}, Level::error, 784'111'777, 7),
            "[1994-11-06 08:49:37 +0000] [7] [ERROR] ");
}

TEST(Log, GivesLinesThatAreWantedToItsSink) {
  std::vector<std::string> lines;
  Log log{-1, Level::warning};
  log.set_sink([&](Level level, std::string_view text) {
    lines.push_back(std::string{name_of(level)} + " " + std::string{text});
  });
  log.line(Level::info, "a");
  log.line(Level::error, "b");
  EXPECT_EQ(lines, std::vector<std::string>{"ERROR b"});
  EXPECT_EQ(log.counts().errors, 1U);
}

}  // namespace
}  // namespace asgi_worker::python
