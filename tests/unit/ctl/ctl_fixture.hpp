// The real supervisorctl, run as a child against ApiFixture's server.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/api_fixture.hpp"

namespace supervisorctl {

using supervisord::process::State;

/// A child whose output is read as it comes.
class Child {
 public:
  /// Reads `input` as its standard input.
  explicit Child(std::vector<std::string> words, const std::string& input = "") {
    auto out = *common::make_pipe();
    auto err = *common::make_pipe();
    auto in = *common::make_pipe();
    EXPECT_EQ(::write(in.write_end.get(), input.data(), input.size()),
              static_cast<ssize_t>(input.size()));
    in.write_end.reset();
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in.read_end.get(), 0);
    ::posix_spawn_file_actions_adddup2(&actions, out.write_end.get(), 1);
    ::posix_spawn_file_actions_adddup2(&actions, err.write_end.get(), 2);
    words.insert(words.begin(), SUPERVISORCTL);
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    EXPECT_EQ(::posix_spawn(&pid_, SUPERVISORCTL, &actions, nullptr, argv.data(), ::environ), 0);
    ::posix_spawn_file_actions_destroy(&actions);
    out_ = std::move(out.read_end);
    err_ = std::move(err.read_end);
  }
  ~Child() {
    if (pid_ > 0) ::kill(pid_, SIGKILL), ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Reads until standard output holds `text`. False: it ended, or 10 s passed.
  bool says(std::string_view text) {
    while (output.find(text) == std::string::npos) {
      if (!read_some(out_.get(), output)) return false;
    }
    return true;
  }
  void interrupt() const { ::kill(pid_, SIGINT); }
  /// Reads all there is and waits: the exit status, or -1 for a death by signal.
  int end() {
    while (read_some(out_.get(), output)) {
    }
    while (read_some(err_.get(), errors)) {
    }
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::string output;
  std::string errors;

 private:
  static bool read_some(int fd, std::string& to) {
    char buffer[4096];
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, 10'000) != 1) return false;
    const ssize_t size = ::read(fd, buffer, sizeof buffer);
    if (size <= 0) return false;
    to.append(buffer, static_cast<std::size_t>(size));
    return true;
  }

  pid_t pid_ = -1;
  common::UniqueFd out_;
  common::UniqueFd err_;
};

class CtlFixture : public supervisord::api::ApiFixture {
 protected:
  CtlFixture() {
    add("bad", "bad", State::fatal).spawn_error = "can't find command 'x'";
    add("g", "one", State::running).uptime = std::chrono::hours{26} + std::chrono::seconds{4};
    add("g", "two", State::stopped);
    add("web", "web", State::running).uptime = std::chrono::seconds{7};
  }
  supervisord::process::Status& add(std::string group, std::string name, State state) {
    auto& status = control.processes.emplace_back();
    status.group = std::move(group);
    status.name = std::move(name);
    status.state = state;
    status.pid = state == State::running ? 100 + static_cast<pid_t>(control.processes.size()) : 0;
    return status;
  }
  std::string url() const { return "unix://" + socket_path; }
  std::vector<std::string> words(std::vector<std::string> action) const {
    // A file of our own, so that none of the machine's is found.
    action.insert(action.begin(), {"-c", directory + "/ctl.conf", "-s", url()});
    return action;
  }
  void write_configuration(const std::string& text = "[supervisorctl]\n") const {
    std::ofstream{directory + "/ctl.conf"} << text;
  }
};

}  // namespace supervisorctl
