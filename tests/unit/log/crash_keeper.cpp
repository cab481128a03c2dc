#include "tests/unit/log/crash_keeper.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <csignal>
#include <cstring>

namespace supervisord::log {
namespace {

constexpr char put_record = 'P';
constexpr char drop_record = 'D';
constexpr char complain = 'C';
constexpr char tell_captured = 'E';

// One message: a letter, key, NUL, bytes.
void send_message(int socket, char what, std::string_view key, std::string_view bytes,
                  std::span<const int> fds) {
  std::string text{what};
  text.append(key).push_back('\0');
  text.append(bytes);
  iovec part{text.data(), text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {};
  if (!fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  }
  if (::sendmsg(socket, &message, 0) < 0) ::_exit(3);
}

[[noreturn]] void die() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

}  // namespace

void SocketHolder::put(std::string_view key, std::string_view bytes, std::span<const int> fds) {
  send_message(socket_, put_record, key, bytes, fds);
}

void SocketHolder::drop(std::string_view key) { send_message(socket_, drop_record, key, {}, {}); }

pid_t CrashKeeper::start(const Death& death, const Attach& attach, int socket) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGPIPE, SIG_IGN);
  std::mt19937_64 random{death.seed};
  const auto at_step = [&random, &death](std::string_view) {
    if (death.one_step_in != 0 && random() % static_cast<unsigned>(death.one_step_in) == 0) die();
  };
  std::vector<common::Held> held;
  for (auto& [key, kept] : records) held.push_back({key, kept.bytes, std::move(kept.fds)});
  boost::asio::io_context io{1};
  SocketHolder holder{socket};
  const auto report = [socket](common::Level level, const std::string& text) {
    if (level <= common::Level::warn) send_message(socket, complain, text, {}, {});
  };
  LogHandlers handlers{.report = report, .end_of_stream = [](const std::string&) {}};
  handlers.captured = [socket](const std::string& stream, std::string_view data, std::uint64_t) {
    send_message(socket, tell_captured, stream, data, {});
  };
  Logs logs{io, holder, pump_fd_, std::move(handlers), at_step};
  logs.take_over(held);
  attach(logs);
  const auto work = boost::asio::make_work_guard(io);
  io.run();
  ::_exit(0);
}

void CrashKeeper::run(const Death& death, const Attach& attach, const std::function<bool()>& done) {
  auto link = *common::make_socket_pair(SOCK_SEQPACKET);
  const pid_t pid = start(death, attach, link.second.get());
  link.second.reset();
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds{death.after_us};
  for (;;) {
    pollfd poll_for{link.first.get(), POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(
        end - std::chrono::steady_clock::now());
    timespec wait{0, 20'000'000};
    if (death.after_us != 0) {
      if (left.count() <= 0) break;
      wait.tv_nsec = std::min<long>(left.count(), 20'000'000);
    }
    const int ready = ::ppoll(&poll_for, 1, &wait, nullptr);
    if (ready > 0 && !take_message(link.first.get())) break;
    if (done()) break;
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  take_messages(link.first.get());
  ++deaths_;
  ++met_[static_cast<std::size_t>(Record{memory_.page()}.current().state)];
}

// The dead one's queue is emptied before anything else, as the keeper does.
void CrashKeeper::take_messages(int socket) {
  while (take_message(socket)) {
  }
}

bool CrashKeeper::take_message(int socket) {
  char bytes[4096];
  iovec part{bytes, sizeof bytes};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))];
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (size <= 0) return false;
  const std::string_view text{bytes + 1, static_cast<std::size_t>(size) - 1};
  const std::size_t key_end = text.find('\0');
  const std::string key{text.substr(0, key_end)};
  if (bytes[0] == complain) {
    complaints_.push_back(key);
  } else if (bytes[0] == tell_captured) {
    captured[key].emplace_back(text.substr(key_end + 1));
  } else if (bytes[0] == drop_record) {
    records.erase(key);
    dropped.push_back(key);
  } else {
    Kept kept{std::string{text.substr(key_end + 1)}, {}};
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
      kept.fds.emplace_back(fd);
    }
    records[key] = std::move(kept);
  }
  return true;
}

void CrashKeeper::lose_descriptors() {
  for (auto& [key, kept] : records) kept.fds.clear();
}

}  // namespace supervisord::log
