#include "supervisorctl/interrupt.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace supervisorctl {
namespace {

std::atomic<int> pipe_of_handler = -1;

void note_interrupt(int) {
  const int error = errno;
  [[maybe_unused]] const ssize_t size =
      ::write(pipe_of_handler.load(), "i", 1);  // full: many are noted already
  errno = error;
}

}  // namespace

OnInterrupt::OnInterrupt(std::function<void()> act) : act_{std::move(act)} {
  if (pipe_of_handler.load() != -1) return;
  auto made = common::make_pipe();
  if (!made) return;  // no descriptors: Ctrl-C ends the program, as without this
  asked_ = std::move(made->read_end);
  ask_ = std::move(made->write_end);
  pipe_of_handler = ask_.get();
  struct sigaction action {};
  action.sa_handler = note_interrupt;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, &before_);
  thread_ = std::thread{[this] { wait(); }};
}

OnInterrupt::~OnInterrupt() {
  if (!thread_.joinable()) return;
  ::sigaction(SIGINT, &before_, nullptr);
  [[maybe_unused]] const ssize_t size = ::write(ask_.get(), "e", 1);  // there is room for it
  thread_.join();
  pipe_of_handler = -1;
}

void OnInterrupt::wait() {
  for (char what = 0; ::read(asked_.get(), &what, 1) == 1 && what == 'i';) act_();
}

}  // namespace supervisorctl
