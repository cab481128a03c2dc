// The world outside as a configuration sees it: an interface, so that reading one is pure in tests.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/identity.hpp"

namespace supervisord::config {

class Surroundings {
 public:
  virtual ~Surroundings() = default;
  virtual std::map<std::string, std::string> environment() const = 0;
  virtual std::string host_name() const = 0;
  virtual std::string working_directory() const = 0;
  virtual std::string temporary_directory() const = 0;
  virtual bool is_directory(const std::string& path) const = 0;
  /// Errors: errno.
  virtual common::Result<std::string> read_file(const std::string& path) const = 0;
  /// Sorted; empty when nothing matches.
  virtual std::vector<std::string> glob(const std::string& pattern) const = 0;
  virtual common::Result<common::User> find_user(std::string_view name_or_uid) const = 0;
  virtual common::Result<gid_t> find_group(std::string_view name_or_gid) const = 0;
};

}  // namespace supervisord::config
