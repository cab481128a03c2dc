// asgi-worker as a command: finds the interpreter it is meant for and becomes it, with the package
// that lies beside this program. Knows no Python and no other option than where to look.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "asgi-worker/launcher/interpreter.hpp"

namespace {

using asgi_worker::launcher::Answer;
using asgi_worker::launcher::Question;

class RealFiles : public asgi_worker::launcher::Files {
 public:
  bool is_file(const std::string& path) const override { return mode_of(path, S_IFREG); }
  bool is_directory(const std::string& path) const override { return mode_of(path, S_IFDIR); }
  bool is_executable(const std::string& path) const override {
    return is_file(path) && ::access(path.c_str(), X_OK) == 0;
  }

 private:
  static bool mode_of(const std::string& path, mode_t type) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IFMT) == type;
  }
};

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

int complain(const std::string& text) {
  std::fprintf(stderr, "asgi-worker: %s\n", text.c_str());
  return 1;
}

std::string none_found(const Answer& answer) {
  std::string text = "no Python interpreter found; looked for";
  const char* separator = ": ";
  for (const auto& place : answer.looked_for) {
    text.append(separator).append(place);
    separator = ", ";
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  std::error_code error;
  Question question;
  question.command = argc > 0 ? argv[0] : "asgi-worker";
  question.working_directory = std::filesystem::current_path(error).string();
  question.virtual_env = environment("VIRTUAL_ENV");
  question.path = environment("PATH");
  if (question.path.empty()) question.path = "/usr/local/bin:/usr/bin:/bin";
  read_arguments({argv + (argc > 0 ? 1 : 0), argv + argc}, question);

  const Answer answer = find_interpreter(question, RealFiles{});
  if (!answer.interpreter) return complain(none_found(answer));
  if (!answer.remark.empty()) complain(answer.remark);

  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return complain("cannot read /proc/self/exe: " + error.message());
  const auto boot = program.parent_path().parent_path() / "lib/asgi-worker/boot.py";

  std::vector<const char*> words{answer.interpreter->c_str(), boot.c_str()};
  // A link called gunicorn, say, asks for that server's defaults.
  const auto name = std::filesystem::path{question.command}.filename().string();
  if (name == "uvicorn" || name == "gunicorn" || name == "granian")
    words.insert(words.end(), {"--compat", name.c_str()});
  for (int index = 1; index < argc; ++index) words.push_back(argv[index]);
  words.push_back(nullptr);
  ::execv(words[0], const_cast<char**>(words.data()));
  return complain("cannot execute " + *answer.interpreter + ": " + std::strerror(errno));
}
