// The messages of one load: all errors and warnings, each a line with its place, none twice.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace supervisord::config {

class Report {
 public:
  void error(std::string line) { add(std::move(line), errors_); }
  void warn(std::string line) { add(std::move(line), warnings_); }
  void notice(std::string line) { notices_.push_back(std::move(line)); }

  const std::vector<std::string>& errors() const { return errors_; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  const std::vector<std::string>& notices() const { return notices_; }

 private:
  // The processes of one program would all say the same.
  static void add(std::string line, std::vector<std::string>& lines) {
    if (std::find(lines.begin(), lines.end(), line) == lines.end())
      lines.push_back(std::move(line));
  }

  std::vector<std::string> errors_;
  std::vector<std::string> warnings_;
  std::vector<std::string> notices_;
};

}  // namespace supervisord::config
