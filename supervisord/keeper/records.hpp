// The records that the keeper keeps for the daemon.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/unique_fd.hpp"

namespace supervisord::keeper {

struct RecordRow {
  std::string bytes;
  bool durable = false;  // the bytes are in the state file too
  std::vector<common::UniqueFd> fds;
};
using Records = std::map<std::string, RecordRow, std::less<>>;

}  // namespace supervisord::keeper
