#include "tests/unit/log/crash_writers.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string_view>

#include "supervisord/log/capture.hpp"

namespace supervisord::log {
namespace {

// 24 to 4,000 bytes, most of them short; the same for the same number.
void append_line(std::string& out, Alphabet alphabet, std::uint64_t number) {
  std::uint64_t hash = (number + 1) * 0x9e3779b97f4a7c15u;
  hash ^= hash >> 29;
  const std::size_t length = hash % 50 == 0 ? 1000 + hash % 3000 : 24 + hash % 150;
  const std::size_t begin = out.size();
  out += std::to_string(number) + " ";
  if (alphabet == Alphabet::tagged) {
    out += "\x1b[1;31m";
    if (number % 4 == 0) {
      out.append(begin_token).append("event " + std::to_string(number)).append(end_token);
    }
  }
  while (out.size() - begin < length)
    out.push_back(static_cast<char>('a' + (hash + out.size() - begin) % 26));
  if (alphabet == Alphabet::high_bytes) {
    for (std::size_t i = begin; i < out.size(); ++i) out[i] = static_cast<char>(out[i] | 0x80);
  }
  out.push_back('\n');
}

bool told_to_stop(int go, int wait_ms) {
  pollfd poll_for{go, POLLIN, 0};
  return ::poll(&poll_for, 1, wait_ms) > 0;
}

std::size_t piece_size(Style style, std::string_view rest) {
  switch (style) {
    case Style::flood:
    case Style::burst: return 65536;
    case Style::cuts_lines: return 7777;
    case Style::single_lines: return rest.find('\n') + 1;
  }
  return 0;
}

// So that the bytes last for the time of a test.
int pause_ms(Style style, std::uint64_t turn) {
  switch (style) {
    case Style::flood: return 5;
    case Style::burst: return turn % 16 == 0 ? 80 : 0;
    case Style::cuts_lines: return 1;
    case Style::single_lines: return turn % 16 == 0 ? 1 : 0;
  }
  return 0;
}

void write_until_told(const WriterPlan& plan, int fd, int go, Told* told) {
  std::string text;
  std::size_t done = 0;
  std::uint64_t number = 0;
  std::uint64_t total = 0;
  for (std::uint64_t turn = 1; total < plan.most_bytes; ++turn) {
    if (told_to_stop(go, pause_ms(plan.style, turn))) break;
    text.erase(0, done);
    done = 0;
    while (text.size() < 70'000) append_line(text, plan.alphabet, number++);
    const std::string_view rest = std::string_view{text}.substr(done);
    const std::size_t size = piece_size(plan.style, rest);
    std::string_view piece = rest.substr(0, size);
    while (!piece.empty()) {
      const ssize_t count = ::write(fd, piece.data(), piece.size());
      if (count <= 0) ::_exit(1);
      piece.remove_prefix(static_cast<std::size_t>(count));
    }
    done = size;
    total += size;
  }
  told->bytes = total;
  while (!told_to_stop(go, -1)) {
  }
}

}  // namespace

std::string expected_output(Alphabet alphabet, std::uint64_t bytes) {
  std::string text;
  for (std::uint64_t number = 0; text.size() < bytes; ++number) {
    append_line(text, alphabet, number);
  }
  return text;
}

pid_t start_writer(const WriterPlan& plan, int write_fd, int go, Told* told,
                   const std::vector<int>& close_first) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGPIPE, SIG_DFL);
  for (const int fd : close_first) {
    if (fd != write_fd) ::close(fd);
  }
  const std::string self = "/proc/self/fd/" + std::to_string(write_fd);
  const int both_ways = ::open(self.c_str(), O_RDWR);
  if (both_ways < 0 || ::dup2(both_ways, write_fd) < 0) ::_exit(2);
  ::close(both_ways);
  told->ready = true;
  write_until_told(plan, write_fd, go, told);
  ::_exit(0);
}

}  // namespace supervisord::log
