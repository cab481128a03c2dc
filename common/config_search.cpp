#include "common/config_search.hpp"

#include <filesystem>

namespace common {

std::vector<std::string> config_candidates(const std::string& argv0) {
  const std::filesystem::path directory = std::filesystem::path{argv0}.parent_path();
  const auto beside = [&](const char* rest) {
    return (std::filesystem::absolute(directory.empty() ? "." : directory) / rest)
        .lexically_normal()
        .string();
  };
  return {beside("../etc/supervisord.conf"),
          beside("../supervisord.conf"),
          "supervisord.conf",
          "etc/supervisord.conf",
          "/etc/supervisord.conf",
          "/etc/supervisor/supervisord.conf"};
}

std::optional<std::string> find_config(const std::string& argv0,
                                       const std::function<bool(const std::string&)>& exists) {
  for (const auto& candidate : config_candidates(argv0)) {
    if (exists(candidate)) return candidate;
  }
  return std::nullopt;
}

}  // namespace common
