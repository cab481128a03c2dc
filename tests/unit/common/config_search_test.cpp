#include "common/config_search.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(ConfigSearch, TakesTheFirstThatExists) {
  const auto search = find_config_file("/venv/bin/supervisord", [](const std::string& path) {
    return path == "/etc/supervisord.conf" || path == "/venv/supervisord.conf";
  });
  EXPECT_EQ(search.file, "/venv/supervisord.conf");
}

TEST(ConfigSearch, SaysWhereItLooked) {
  const auto search =
      find_config_file("/usr/bin/supervisord", [](const std::string&) { return false; });
  EXPECT_EQ(search.file, std::nullopt);
  EXPECT_EQ(search.not_found_text(),
            "No config file found at default paths (/usr/etc/supervisord.conf, "
            "/usr/supervisord.conf, supervisord.conf, etc/supervisord.conf, "
            "/etc/supervisord.conf, /etc/supervisor/supervisord.conf); use the -c option to "
            "specify a config file at a different path");
}

TEST(ConfigSearch, OfAProgramWithoutDirectoryIsRelative) {
  const auto search = find_config_file("supervisord", [](const std::string&) { return false; });
  EXPECT_EQ(search.tried.front(), "etc/supervisord.conf");
}

}  // namespace
}  // namespace common
