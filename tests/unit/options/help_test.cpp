#include "asgi-worker/options/help.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "asgi-worker/options/table.hpp"

namespace asgi_worker::options {
namespace {

TEST(Help, NamesEveryOptionThatIsInForce) {
  const auto text = help_text(80);
  for (const Row& row : rows()) {
    if (row.flags.empty()) continue;
    const std::string first{row.flags.substr(0, row.flags.find(' '))};
    EXPECT_NE(text.find(first), std::string::npos) << row.key;
    EXPECT_FALSE(row.help.empty()) << row.key;
  }
}

TEST(Help, FitsTheTerminal) {
  for (const std::size_t width : {80U, 120U}) {
    std::istringstream lines{help_text(width)};
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), width) << line;
  }
}

TEST(Print, HasALineForEachValue) {
  Options options;
  options.bind = {":1", ":2"};
  const auto text = print_text(options);
  EXPECT_NE(text.find("bind                       = :1\n                             :2\n"),
            std::string::npos);
}

}  // namespace
}  // namespace asgi_worker::options
