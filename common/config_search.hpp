// Where supervisord and supervisorctl look for their configuration when no -c says. Pure: whether a
// file exists is asked of the caller.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace common {

struct ConfigSearch {
  std::optional<std::string> file;  // the first that exists
  std::vector<std::string> tried;   // all places, in order

  /// Supervisor's words for a search without success.
  std::string not_found_text() const;
};

/// `program` is the path of the program as it was found (argv[0], resolved through PATH when it has
/// no slash), so that a virtual environment's own etc/ is looked at first.
ConfigSearch find_config_file(std::string_view program,
                              const std::function<bool(const std::string&)>& exists);

}  // namespace common
