// Whether docs/configuration.md lists the options that the code knows, no more and no less.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>

#include "supervisord/config/daemon_spec.hpp"
#include "supervisord/config/group_spec.hpp"
#include "supervisord/config/http_server_spec.hpp"
#include "supervisord/config/program_spec.hpp"

namespace supervisord::config {
namespace {

/// By heading ("[program:x]"): the first cell of each row of its table.
std::map<std::string, std::set<std::string>> documented_options() {
  std::map<std::string, std::set<std::string>> options;
  std::ifstream document{CONFIGURATION_DOCUMENT};
  std::string heading;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("## ")) heading = line.substr(3);
    if (!line.starts_with("| `")) continue;
    options[heading].insert(line.substr(3, line.find('`', 3) - 3));
  }
  return options;
}

std::set<std::string> as_set(std::span<const std::string_view> options) {
  return {options.begin(), options.end()};
}

TEST(Document, ListsTheOptionsThatAreKnown) {
  auto documented = documented_options();
  EXPECT_EQ(documented["[supervisord]"], as_set(daemon_options()));
  EXPECT_EQ(documented["[unix_http_server]"], as_set(unix_server_options()));
  EXPECT_EQ(documented["[inet_http_server]"], as_set(inet_server_options()));
  EXPECT_EQ(documented["[program:x]"], as_set(program_options()));
  EXPECT_EQ(documented["[group:x]"], as_set(group_options()));
}

}  // namespace
}  // namespace supervisord::config
