// [supervisorctl] of a configuration file, for the client: expanded with `here` and the client's
// environment. Supervisor's client does not look at [include].
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace common {

struct CtlSection {
  std::string serverurl = "http://localhost:9001";  // unix:// with an absolute path
  std::string username;
  std::string password;
  std::string prompt = "supervisor";
  std::string history_file;
};

/// `text` is the file's, `file` its absolute path. Errors: Supervisor's texts.
Result<CtlSection> read_ctl_section(std::string_view text, const std::string& file,
                                    const std::map<std::string, std::string>& environment);

}  // namespace common
