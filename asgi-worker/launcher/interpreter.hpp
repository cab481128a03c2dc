// Which Python an asgi-worker is meant for: --python, then VIRTUAL_ENV, then the virtual
// environment whose bin/ the command stands in, then .venv or venv beside the application, then
// python3 on PATH. Pure over a view of the file system; main.cpp gives the real one.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace asgi_worker::launcher {

/// What the search asks of the file system.
class Files {
 public:
  virtual ~Files() = default;
  virtual bool is_file(const std::string& path) const = 0;        // follows links
  virtual bool is_directory(const std::string& path) const = 0;   // follows links
  virtual bool is_executable(const std::string& path) const = 0;  // a file that may be executed
};

struct Question {
  std::string command;                 // argv[0] as typed; its links are not followed
  std::string working_directory;       // absolute
  std::optional<std::string> python;   // --python
  std::optional<std::string> app_dir;  // --app-dir
  std::string virtual_env;             // VIRTUAL_ENV, "" when unset
  std::string path;                    // PATH
};

struct Answer {
  std::optional<std::string> interpreter;
  std::string remark;                   // a line for the user when the choice may surprise, else ""
  std::vector<std::string> looked_for;  // in order; what a person is told when there is none
};

Answer find_interpreter(const Question& question, const Files& files);

/// `--python` and `--app-dir` among the arguments, in both spellings; the last of each counts.
void read_arguments(const std::vector<std::string>& arguments, Question& question);

}  // namespace asgi_worker::launcher
