// [supervisorctl]: where the client finds its daemon. Pure but for read_ctl_section(). The daemon
// does not use it. [include] is not followed, as with Supervisor.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace common {

struct CtlSection {
  std::string serverurl = "http://localhost:9001";  // or unix://ABSOLUTE-PATH
  std::optional<std::string> username;
  std::optional<std::string> password;
  std::string prompt = "supervisor";
  std::string history_file;  // absolute; "" for none
  // OURS, for grpcs:// and tokens; absolute, "" for none.
  std::string ca;
  std::string cert;
  std::string key;
  std::string token_file;
};

/// What the values may refer to.
struct CtlSurroundings {
  std::string working_directory;
  std::map<std::string, std::string> environment;  // the client's: %(ENV_X)s, and HOME for ~
};

/// `file` as it was given. Errors: one line with file, line and key where they are known, for the
/// first thing that is wrong.
Result<CtlSection> ctl_section(std::string_view text, const std::string& file,
                               const CtlSurroundings& surroundings);
/// The same from the real file, with the process's own environment. Errors: also "could not find
/// config file X", "could not read config file X".
Result<CtlSection> read_ctl_section(const std::string& file);

}  // namespace common
