// Line editing on a terminal by libedit (emacs keys, or as ~/.editrc has it), with a history that
// lies in a plain file, a line each, as Supervisor's does. Owned by the shell; made only there, so
// that no other command pays for it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace supervisorctl {

class Editor {
 public:
  /// The line up to the cursor -> what its last word can become.
  using Complete = std::function<std::vector<std::string>(std::string_view)>;

  /// Reads the history.
  Editor(std::string prompt, std::string history_file, Complete complete);
  /// Writes it, for this user only. A file that cannot be written is left.
  ~Editor();
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;

  enum class Got {
    line,
    nothing,  // Ctrl-C dropped what was typed
    end,      // Ctrl-D, or Ctrl-C with nothing typed
  };
  Got read(std::string& line);

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace supervisorctl
