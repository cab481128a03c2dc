// The tree's view and signals as they are: /proc, and pidfds.
#pragma once

#include <optional>
#include <string>

#include "supervisord/process/tree.hpp"

namespace supervisord::process {

/// What /proc/PID/stat says. A program's name may hold blanks and parentheses.
std::optional<ProcessFacts> parse_stat(std::string_view text);

class ProcFolder final : public ProcView {
 public:
  explicit ProcFolder(std::string path = "/proc") : path_{std::move(path)} {}
  std::vector<ProcessFacts> processes() override;
  std::string environment(pid_t pid) override;
  std::optional<ProcessFacts> facts(pid_t pid) const;

 private:
  std::string path_;
};

class PidfdSignals final : public ProcSignals {
 public:
  void send(const ProcessFacts& to, int number) override;
  common::UniqueFd handle(const ProcessFacts& of) override;
};

}  // namespace supervisord::process
