#include "asgi-worker/arbiter/handover.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "asgi-worker/python/environment.hpp"
#include "asgi-worker/python/ref.hpp"

extern char** environ;  // NOLINT: POSIX's

namespace asgi_worker::arbiter {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (auto& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

Handover take_handover() {
  Handover left{variable(sockets_variable),
                static_cast<pid_t>(std::atol(variable(predecessor_variable).c_str()))};
  if (left.predecessor != ::getppid()) left = {};  // it has gone, or never was
  for (const char* const name : {sockets_variable, predecessor_variable})
    if (std::getenv(name) != nullptr) python::unset_variable(name);
  return left;
}

std::vector<std::string> own_command_line() {
  std::ifstream file{"/proc/self/cmdline", std::ios::binary};
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  // Python finds its virtual environment by the path that it is called by.
  if (PyObject* const executable = PySys_GetObject("executable");
      executable != nullptr && PyUnicode_Check(executable) && !words.empty())
    if (const char* const path = PyUnicode_AsUTF8(executable); path != nullptr && *path != '\0')
      words.front() = path;
  return words;
}

pid_t start_successor(std::vector<std::string> words, const std::string& directory,
                      const std::vector<std::string>& variables, std::span<const int> fds) {
  if (words.empty()) return errno = ENOENT, -1;
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  environment.insert(environment.end(), variables.begin(), variables.end());
  const auto argv = pointers(words);
  const auto envp = pointers(environment);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  for (const int fd : fds) ::fcntl(fd, F_SETFD, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::chdir(directory.c_str()) != 0) ::_exit(127);
  ::execve(argv[0], argv.data(), envp.data());
  ::_exit(127);
}

common::UniqueFd watch_process(pid_t pid) {
  return common::UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

}  // namespace asgi_worker::arbiter
