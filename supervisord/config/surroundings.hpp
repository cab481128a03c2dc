// The world outside a configuration, as reading one needs to see it. An interface, so that load()
// is pure and tests say what the world is.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/identity.hpp"

namespace supervisord::config {

class Surroundings {
 public:
  virtual ~Surroundings() = default;
  virtual std::map<std::string, std::string> environment() const = 0;
  /// uname -n
  virtual std::string host_name() const = 0;
  virtual std::string working_directory() const = 0;
  virtual bool is_directory(const std::string& path) const = 0;
  /// Errors: errno; ENOENT is told apart from the others.
  virtual common::Result<std::string> read_file(const std::string& path) const = 0;
  /// What a shell's *, ? and [] match, sorted; none when nothing does.
  virtual std::vector<std::string> glob(const std::string& pattern) const = 0;
  /// By name or number. Errors: "Invalid user name X", "Invalid user id X".
  virtual common::Result<common::User> find_user(const std::string& name_or_id) const = 0;
  virtual common::Result<gid_t> find_group(const std::string& name_or_id) const = 0;
  /// The user that this process is.
  virtual uid_t own_uid() const = 0;
};

}  // namespace supervisord::config
