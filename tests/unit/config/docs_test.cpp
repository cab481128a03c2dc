// Whether docs/configuration.md lists the options that the code knows, no more and no less, with
// their defaults.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "supervisord/config/daemon_spec.hpp"
#include "supervisord/config/dump.hpp"
#include "supervisord/config/fcgi_spec.hpp"
#include "supervisord/config/group_spec.hpp"
#include "supervisord/config/grpc_server_spec.hpp"
#include "supervisord/config/http_server_spec.hpp"
#include "supervisord/config/listener_spec.hpp"
#include "supervisord/config/other_sections.hpp"
#include "supervisord/config/program_spec.hpp"
#include "supervisord/config/socket_spec.hpp"

namespace supervisord::config {
namespace {

struct Row {
  std::string type;
  std::string fallback;  // the third cell
};

/// By heading ("[program:x]") and option: the rows of its table.
std::map<std::string, std::map<std::string, Row>> documented_rows() {
  std::map<std::string, std::map<std::string, Row>> rows;
  std::ifstream document{CONFIGURATION_DOCUMENT};
  std::string heading;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("## ")) heading = line.substr(3);
    if (!line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    for (std::size_t begin = 2; begin < line.size();) {
      const std::size_t end = std::min(line.find(" |", begin), line.size());
      cells.push_back(line.substr(begin, end - begin));
      begin = end + 3;
    }
    cells.resize(3);
    rows[heading][cells[0].substr(1, cells[0].size() - 2)] = {cells[1], cells[2]};
  }
  return rows;
}

std::map<std::string, std::set<std::string>> documented_options() {
  std::map<std::string, std::set<std::string>> options;
  for (const auto& [heading, rows] : documented_rows()) {
    for (const auto& [option, row] : rows) options[heading].insert(option);
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
  EXPECT_EQ(documented["[grpc_server]"], as_set(grpc_server_options()));
  EXPECT_EQ(documented["[program:x]"], as_set(program_options()));
  EXPECT_EQ(documented["[group:x]"], as_set(group_options()));
  EXPECT_EQ(documented["[eventlistener:x]"], as_set(listener_options()));
  EXPECT_EQ(documented["[fcgi-program:x]"], as_set(fcgi_options()));
  EXPECT_EQ(documented["[socket:x]"], as_set(socket_options()));
  EXPECT_EQ(documented["[include]"], as_set(include_options()));
  EXPECT_EQ(documented["[supervisorctl]"], as_set(ctl_options()));
}

TEST(Document, HasTheDefaultsOfPrograms) {
  const auto rows = documented_rows().at("[program:x]");
  for (const auto& [option, value] : dump(ProcessSpec{})) {
    if (option == "command" || option == "process_name") continue;
    if (option == "killasgroup" || option == "stop_whole_tree") continue;  // as another option
    ASSERT_TRUE(rows.contains(option)) << option;
    EXPECT_EQ(rows.at(option).fallback, value.empty() ? "empty" : value) << option;
  }
}

TEST(Document, HasATypeForEachOption) {
  for (const auto& [heading, rows] : documented_rows()) {
    for (const auto& [option, row] : rows) {
      EXPECT_FALSE(row.type.empty() || row.fallback.empty()) << heading << " " << option;
    }
  }
}

}  // namespace
}  // namespace supervisord::config
