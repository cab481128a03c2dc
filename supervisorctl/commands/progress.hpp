// How far a command with many processes is: on a terminal a bar below the lines that it has
// printed, elsewhere nothing, since the lines say it.
#pragma once

#include <string>
#include <string_view>

#include "supervisorctl/command.hpp"

namespace supervisorctl {

class Progress {
 public:
  /// `total` steps are to come; a bar is worth it for two or more.
  Progress(Session& session, std::size_t total);
  /// Takes the bar away.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// One step is done; `line` tells it, "": there is nothing to tell.
  void step(std::string_view line);

 private:
  std::string bar() const;

  Session& session_;
  std::size_t total_;
  std::size_t done_ = 0;
  bool is_shown_;
};

/// "[#####-----] 5 of 10", at most `width` columns. Pure.
std::string progress_bar(std::size_t done, std::size_t total, std::size_t width);

}  // namespace supervisorctl
