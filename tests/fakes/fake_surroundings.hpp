// A world of a few files, for reading configurations without a machine.
#pragma once

#include <fnmatch.h>

#include <map>
#include <set>
#include <string>

#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

struct FakeSurroundings final : Surroundings {
  std::map<std::string, std::string> files;
  std::set<std::string> directories{"/", "/etc", "/log", "/run", "/tmp"};
  std::map<std::string, std::string> variables{{"HOME", "/home/me"}, {"WHO", "me"}};

  std::map<std::string, std::string> environment() const override { return variables; }
  std::string host_name() const override { return "host"; }
  std::string working_directory() const override { return "/run"; }
  std::string temporary_directory() const override { return "/tmp"; }
  bool is_directory(const std::string& path) const override { return directories.contains(path); }
  common::Result<std::string> read_file(const std::string& path) const override {
    const auto found = files.find(path);
    if (found == files.end()) return common::system_error(path, ENOENT);
    return found->second;
  }
  std::vector<std::string> glob(const std::string& pattern) const override {
    std::vector<std::string> out;
    for (const auto& [path, text] : files) {
      if (::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0) out.push_back(path);
    }
    return out;
  }
  common::Result<common::User> find_user(std::string_view name) const override {
    if (name == "www-data" || name == "33") return common::User{"www-data", 33, 33, {33, 100}};
    return common::Error{common::Errc::not_found, "Invalid user name " + std::string{name}};
  }
  common::Result<gid_t> find_group(std::string_view name) const override {
    if (name == "www-data") return gid_t{33};
    return common::Error{common::Errc::not_found, "Invalid group name " + std::string{name}};
  }
};

}  // namespace supervisord::config
