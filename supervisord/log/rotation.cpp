#include "supervisord/log/rotation.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace supervisord::log {

std::string backup_path(const std::string& path, int number) {
  return number == 0 ? path : path + "." + std::to_string(number);
}

std::vector<RotationStep> plan_rotation(const std::string& path, int backups,
                                        const std::function<bool(int number)>& exists) {
  std::vector<RotationStep> steps;
  int gap = 1;
  while (gap <= backups && exists(gap)) ++gap;
  if (gap > backups) {
    gap = backups;
    steps.push_back({backup_path(path, backups), ""});
  }
  for (int number = gap; number >= 1; --number) {
    steps.push_back({backup_path(path, number - 1), backup_path(path, number)});
  }
  return steps;
}

common::Result<void> run_rotation(const std::string& path, int backups,
                                  const std::function<void()>& before_step) {
  const auto exists = [&path](int number) {
    struct stat info;
    return ::lstat(backup_path(path, number).c_str(), &info) == 0;
  };
  for (const RotationStep& step : plan_rotation(path, backups, exists)) {
    if (before_step) before_step();
    const int failed = step.to.empty() ? ::unlink(step.from.c_str())
                                       : ::rename(step.from.c_str(), step.to.c_str());
    if (failed != 0) return common::system_error(step.from, errno);
  }
  return {};
}

}  // namespace supervisord::log
