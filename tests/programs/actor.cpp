// A program whose doings can be checked: at most one of a name may live at a time.
//   actor DIRECTORY NAME [lives MS] [stops MS] [deaf]
// It holds a lock on DIRECTORY/NAME.lock while it lives, and appends to DIRECTORY/doubled when
// another of its name holds it. `lives`: it ends by itself, with status 3, after so long. `stops`:
// so long after TERM (else at once). `deaf`: TERM does nothing.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace {

int tell_doubled(const std::string& directory, const std::string& name) {
  const int fd = ::open((directory + "/doubled").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const std::string line = name + " is there twice, pid " + std::to_string(::getpid()) + "\n";
  return ::write(fd, line.data(), line.size()) < 0 ? 4 : 5;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  const std::string directory = words[1];
  const std::string name = words[2];
  int lives = -1;
  int stops = 0;
  bool deaf = false;
  for (int i = 3; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "lives" && i + 1 < count) lives = std::atoi(words[++i]);
    if (word == "stops" && i + 1 < count) stops = std::atoi(words[++i]);
    if (word == "deaf") deaf = true;
  }
  sigset_t stop;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &stop, nullptr);
  const int lock =
      ::open((directory + "/" + name + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) return tell_doubled(directory, name);

  const int asked = ::signalfd(-1, &stop, SFD_CLOEXEC);
  pollfd wait{asked, POLLIN, 0};
  if (deaf) return ::poll(nullptr, 0, lives), 3;
  if (::poll(&wait, 1, lives) == 0) return 3;
  ::poll(nullptr, 0, stops);
  return 0;
}
