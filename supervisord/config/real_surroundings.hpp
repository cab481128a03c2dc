// The process's own surroundings: its environment, its files, the user database.
#pragma once

#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

class RealSurroundings final : public Surroundings {
 public:
  std::map<std::string, std::string> environment() const override;
  std::string host_name() const override;
  std::string working_directory() const override;
  bool is_directory(const std::string& path) const override;
  common::Result<std::string> read_file(const std::string& path) const override;
  std::vector<std::string> glob(const std::string& pattern) const override;
  common::Result<common::User> find_user(const std::string& name_or_id) const override;
  common::Result<gid_t> find_group(const std::string& name_or_id) const override;
  uid_t own_uid() const override;
};

}  // namespace supervisord::config
