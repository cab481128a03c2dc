// A program that prints numbered lines until it is told to stop, then one that says how many there
// were.
//   writer NAME KIND: floods (bursts as fast as the pipe takes them), steady (1,000 lines a
//   second), slow (5 a second), cut (writes of 7,777 bytes that cut lines), both (numbered on
//   stdout and on stderr).
// Lines are "NAME NUMBER xxxx..." of 24 to 4,000 bytes; the last is "NAME end NUMBER".
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

namespace {

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) std::_Exit(3);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

class Lines {
 public:
  explicit Lines(std::string name)
      : name_{std::move(name)}, random_{std::hash<std::string>{}(name_)} {}
  std::string next() {
    const std::size_t size = random_() % 50 == 0 ? 4000 : 24 + random_() % 120;
    std::string line = name_ + ' ' + std::to_string(count_++) + ' ';
    line.resize(std::max(size, line.size() + 1), 'x');
    line.back() = '\n';
    return line;
  }
  std::string last() const { return name_ + " end " + std::to_string(count_) + '\n'; }

 private:
  std::string name_;
  std::minstd_rand random_;
  std::uint64_t count_ = 0;
};

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 2;
  const std::string_view kind = words[2];
  sigset_t stop;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &stop, nullptr);
  const int asked = ::signalfd(-1, &stop, SFD_CLOEXEC);
  const auto told_to_stop_within = [&](int milliseconds) {
    pollfd wait{asked, POLLIN, 0};
    return ::poll(&wait, 1, milliseconds) > 0;
  };

  Lines out{words[1]};
  Lines err{std::string{words[1]} + "-err"};
  const int pause = kind == "slow"     ? 200
                    : kind == "steady" ? 1
                    : kind == "both"   ? 2
                    : kind == "cut"    ? 20
                                       : 60;
  std::string rest;
  do {
    if (kind == "floods") {
      for (int i = 0; i < 4000; ++i) rest += out.next();
      write_all(1, rest);
      rest.clear();
    } else if (kind == "cut") {
      while (rest.size() < 7777) rest += out.next();
      write_all(1, std::string_view{rest}.substr(0, 7777));
      rest.erase(0, 7777);
    } else {
      write_all(1, out.next());
      if (kind == "both") write_all(2, err.next());
    }
  } while (!told_to_stop_within(pause));
  write_all(1, rest + out.last());
  if (kind == "both") write_all(2, err.last());
  return 0;
}
