#include "common/config_search.hpp"

#include "common/paths.hpp"

namespace common {

std::string ConfigSearch::not_found_text() const {
  std::string paths;
  for (const std::string& path : tried) {
    if (!paths.empty()) paths += ", ";
    paths += path;
  }
  return "No config file found at default paths (" + paths +
         "); use the -c option to specify a config file at a different path";
}

ConfigSearch find_config_file(std::string_view program,
                              const std::function<bool(const std::string&)>& exists) {
  const std::string above{directory_of(directory_of(program))};
  ConfigSearch search;
  search.tried = {joined(above, "etc/supervisord.conf"),
                  joined(above, "supervisord.conf"),
                  "supervisord.conf",
                  "etc/supervisord.conf",
                  "/etc/supervisord.conf",
                  "/etc/supervisor/supervisord.conf"};
  for (const std::string& path : search.tried) {
    if (!exists(path)) continue;
    search.file = path;
    break;
  }
  return search;
}

}  // namespace common
