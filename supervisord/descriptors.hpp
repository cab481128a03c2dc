// How many descriptors and processes a configuration needs, beside what the system allows: told
// when it is loaded, not when the last of them is missing. Pure, but for limits_now().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "supervisord/config/config.hpp"

namespace supervisord {

/// Of the keeper, which holds more than the daemon: for each process a pidfd, its stdin and what is
/// read from it, and each log file; with room for the rest.
std::uint64_t descriptors_needed(const config::Config& config);

struct Limit {
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};
struct Limits {
  Limit files;
  Limit processes;
  bool may_raise = false;        // the hard ones
  std::uint64_t most_files = 0;  // fs.nr_open
};
/// Of this process. Tries whether it may raise them, and leaves them as they are.
Limits limits_now();

struct Granted {
  std::uint64_t files = 0;           // the soft limit that supervisord is to have
  std::vector<std::string> notices;  // "Increased RLIMIT_NOFILE limit to 4096"
};
/// Errors: Errc::bad_value, with what is needed and what is allowed.
common::Result<Granted> check_limits(const config::Config& config, const Limits& limits);

}  // namespace supervisord
