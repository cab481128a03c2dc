// A world of texts for the tests of config: files, directories, users and variables as set.
#pragma once

#include <fnmatch.h>

#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "supervisord/config/load.hpp"
#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

class FakeSurroundings : public Surroundings {
 public:
  std::map<std::string, std::string> variables{{"HOME", "/root"}, {"LANG", "C"}};
  std::map<std::string, std::string> files;
  std::set<std::string> directories{"/", "/etc", "/srv", "/var/log", "/tmp", "/run", "/dev"};

  std::map<std::string, std::string> environment() const override { return variables; }
  std::string host_name() const override { return "box"; }
  std::string working_directory() const override { return "/srv"; }
  bool is_directory(const std::string& path) const override { return directories.contains(path); }
  common::Result<std::string> read_file(const std::string& path) const override {
    const auto there = files.find(path);
    if (there != files.end()) return there->second;
    return common::system_error(path, directories.contains(path) ? EISDIR : ENOENT);
  }
  std::vector<std::string> glob(const std::string& pattern) const override {
    std::vector<std::string> matches;
    for (const auto& [path, text] : files) {
      if (::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0) matches.push_back(path);
    }
    return matches;
  }
  common::Result<common::User> find_user(const std::string& name) const override {
    if (name == "app" || name == "1000") {
      return common::User{"app", 1000, 1000, {1000, 27}, "/home/app"};
    }
    return common::Error{common::Errc::not_found, "Invalid user name " + name};
  }
  common::Result<gid_t> find_group(const std::string& name) const override {
    if (name == "web") return gid_t{33};
    return common::Error{common::Errc::not_found, "Invalid group name " + name};
  }
  uid_t own_uid() const override { return 0; }
};

inline LoadResult load_text(const std::string& text, FakeSurroundings world = {},
                            const Overrides& overrides = {}) {
  world.files["/etc/s.conf"] = text;
  return load("/etc/s.conf", overrides, world);
}

/// The one process of the one program that `options` describes.
inline ProcessSpec process_of(const std::string& options, const FakeSurroundings& world = {}) {
  const auto result =
      load_text("[supervisord]\n[program:x]\ncommand=/bin/cat\n" + options + "\n", world);
  if (!result.config || result.config->groups.size() != 1 ||
      result.config->groups.front().processes.size() != 1) {
    return {};
  }
  return result.config->groups.front().processes.front();
}

/// The one error of the program that `options` describes; "" when there is none, or not one.
inline std::string program_error(const std::string& options) {
  const auto result = load_text("[supervisord]\n[program:x]\n" + options + "\n");
  return result.errors.size() == 1 ? result.errors.front() : "";
}

}  // namespace supervisord::config
