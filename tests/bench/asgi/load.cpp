// A load for HTTP/1.1 on one thread: what wrk cannot do (Unix sockets, pipelining), and
// little work of its own.
// clang-format off
//
//   load [options] TARGET PATH      TARGET: a port of 127.0.0.1, or unix:SOCKET
//     -c CONNECTIONS (64)   -d SECONDS (2)       -p DEPTH (1): requests sent at a time
//     -m METHOD (GET)       -b BODY_BYTES (0)    -H 'Name: value', as often as needed
//     -r RATE               requests a second, at random times (exponential gaps, the same in each run)
//
// Without -r a closed loop: each connection sends DEPTH requests at once, reads their answers, and sends the next ones.
// With it an open one: a request that is due goes to a connection that is free, or waits for one, and its time runs from
// when it was due. An answer counts when its whole body is in (Content-Length or chunked). Prints one JSON object;
// errors are counted in requests, except for e_connect:
//   e_status   answered, but not with 2xx           e_read     lost: closed or broken off before the answer
//   e_write    could not be sent                    e_timeout  sent over a second before the end and not yet answered
//   wrong      the bytes were no HTTP answer        e_connect  connections that were refused
// clang-format on
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "answer_reader.hpp"

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string target, path, method = "GET", fields;
  std::size_t body_bytes = 0;
  int connections = 64, depth = 1;
  double rate = 0;  // requests a second; 0: as many as are answered
  std::chrono::duration<double> duration{2};
};

// ---- the load

// When requests are due: a Poisson process, as many users make one.
class Arrivals {
 public:
  Arrivals(double rate, Clock::time_point begin) : gap_{rate}, next_{begin} { advance(); }

  Clock::time_point next() const { return next_; }
  void advance() {
    next_ +=
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(gap_(random_)));
  }

 private:
  std::mt19937_64 random_{1};  // each server meets the same crowd
  std::exponential_distribution<double> gap_;
  Clock::time_point next_;
};

struct Tally {
  long e_connect = 0, e_read = 0, e_write = 0, e_status = 0, e_timeout = 0, wrong = 0;
  long long bytes = 0;
  std::vector<float> micros;  // one for each answer

  double percentile(double share) {
    if (micros.empty()) return 0;
    const auto at = micros.begin() +
                    static_cast<std::ptrdiff_t>(share * static_cast<double>(micros.size() - 1));
    std::nth_element(micros.begin(), at, micros.end());
    return *at;
  }
};

struct Connection {
  std::optional<Clock::time_point> due;  // of the request that it is opened for
  int fd = -1;
  bool connected = false, wants_write = false;
  std::size_t sent = 0;  // bytes of the requests
  int waiting = 0;       // answers still to come
  Clock::time_point sent_at;
  AnswerReader reader;
};

class Load {
 public:
  explicit Load(const Options& options)
      : depth_(options.depth),
        rate_(options.rate),
        connections_(static_cast<std::size_t>(options.connections)),
        buffer_(1 << 18) {
    const std::string body(options.body_bytes, 'x');
    std::string one =
        options.method + " " + options.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + options.fields;
    if (!body.empty()) one += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    one += "\r\n" + body;
    for (int i = 0; i < depth_; ++i) requests_ += one;
    tally_.micros.reserve(1 << 20);
    resolve(options.target);
  }
  ~Load() {
    for (Connection& each : connections_) drop(each);
    if (epoll_ >= 0) close(epoll_);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  Tally run(std::chrono::duration<double> duration) {
    const auto begin = Clock::now();
    const auto end = begin + std::chrono::duration_cast<Clock::duration>(duration);
    for (Connection& each : connections_) open(each);
    if (rate_ == 0) {
      run_closed(end);
    } else {
      run_open(Arrivals{rate_, begin}, end);
    }
    for (const Connection& each : connections_) {
      if (end - each.sent_at > std::chrono::seconds(1)) tally_.e_timeout += each.waiting;
    }
    return std::move(tally_);
  }

 private:
  void run_closed(Clock::time_point end) {
    for (auto now = Clock::now(); now < end; now = Clock::now())
      turn(closed_.empty() ? end - now : std::chrono::milliseconds(1));
  }

  void run_open(Arrivals arrivals, Clock::time_point end) {
    prctl(PR_SET_TIMERSLACK, 1UL);  // its default would make every request 50 us late
    for (auto now = Clock::now(); now < end; now = Clock::now()) {
      for (; arrivals.next() <= now; arrivals.advance()) due_.push_back(arrivals.next());
      while (late_ < due_.size() && !free_.empty()) {
        Connection& connection = *free_.back();
        free_.pop_back();
        ask(connection, due_[late_++]);
      }
      if (late_ == due_.size()) {
        due_.clear();
        late_ = 0;
      }
      turn(std::min(arrivals.next(), end) - now);
    }
    const auto is_lost = [end](Clock::time_point at) { return end - at > std::chrono::seconds(1); };
    tally_.e_timeout +=
        std::count_if(due_.begin() + static_cast<std::ptrdiff_t>(late_), due_.end(), is_lost);
  }

  void turn(Clock::duration most) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(most);
    const timespec wait{.tv_sec = seconds.count(),
                        .tv_nsec = std::chrono::nanoseconds(most - seconds).count()};
    epoll_event events[256];
    const int count = epoll_pwait2(epoll_, events, 256, &wait, nullptr);
    for (Connection* each : std::exchange(closed_, {})) open(*each);
    for (int i = 0; i < count; ++i)
      on_event(*static_cast<Connection*>(events[i].data.ptr), events[i].events);
  }

  // The connection may take a request.
  void be_free(Connection& connection) {
    if (rate_ == 0) return send_requests(connection, Clock::now());
    free_.push_back(&connection);
  }
  void ask(Connection& connection, Clock::time_point due) {
    if (connection.fd >= 0) return send_requests(connection, due);
    // The server closes after each answer: to connect is part of the request.
    connection.due = due;
    open(connection);
  }

  void resolve(const std::string& target) {
    if (target.starts_with("unix:")) {
      auto& unix_address = reinterpret_cast<sockaddr_un&>(address_);
      unix_address.sun_family = AF_UNIX;
      if (target.size() - 5 >= sizeof unix_address.sun_path)
        throw std::runtime_error("the socket's path is too long");
      std::memcpy(unix_address.sun_path, target.c_str() + 5, target.size() - 4);
      address_size_ = sizeof unix_address;
    } else {
      auto& tcp_address = reinterpret_cast<sockaddr_in&>(address_);
      tcp_address.sin_family = AF_INET;
      tcp_address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(target.c_str())));
      tcp_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address_size_ = sizeof tcp_address;
    }
  }

  void open(Connection& connection) {
    const auto due = connection.due;
    connection = Connection{};
    connection.due = due;
    connection.sent = requests_.size();
    connection.fd = socket(address_.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection.fd < 0) throw std::runtime_error(std::string("socket: ") + std::strerror(errno));
    const int on = 1;
    if (address_.ss_family == AF_INET)
      setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int failed =
        connect(connection.fd, reinterpret_cast<sockaddr*>(&address_), address_size_);
    if (failed && errno != EINPROGRESS) {
      if (errno != EAGAIN)
        ++tally_.e_connect;  // EAGAIN: a Unix socket's backlog is full; later, then
      return close_until_next_turn(connection);
    }
    connection.connected = !failed;
    connection.wants_write = !connection.connected;
    epoll_event event{.events = EPOLLIN | (failed ? EPOLLOUT : 0u), .data = {.ptr = &connection}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    if (connection.connected) begin(connection);
  }
  void begin(Connection& connection) {
    if (const auto due = std::exchange(connection.due, std::nullopt))
      return send_requests(connection, *due);
    be_free(connection);
  }
  void drop(Connection& connection) {
    if (connection.fd >= 0) close(connection.fd);
    connection.fd = -1;
    connection.waiting = 0;
  }
  void close_until_next_turn(Connection& connection) {
    drop(connection);
    closed_.push_back(&connection);
  }

  // Open before, closed by the server, or of no use any more.
  void lose(Connection& connection) {
    if (rate_ == 0) return close_until_next_turn(connection);
    const bool is_free = connection.waiting == 0;  // and listed already: opened when it is needed
    drop(connection);
    if (!is_free) be_free(connection);
  }

  void on_event(Connection& connection, std::uint32_t events) {
    if (connection.fd < 0) return;
    if (!connection.connected) {
      if (events & (EPOLLERR | EPOLLHUP)) {
        ++tally_.e_connect;
        return close_until_next_turn(connection);
      }
      connection.connected = true;
      flush(connection);  // there is nothing yet: no longer asks for EPOLLOUT
      return begin(connection);
    }
    if (events & EPOLLOUT) flush(connection);
    if (connection.fd >= 0 && (events & (EPOLLIN | EPOLLERR | EPOLLHUP))) read(connection);
  }

  void send_requests(Connection& connection, Clock::time_point at) {
    connection.sent = 0;
    connection.waiting = depth_;
    connection.sent_at = at;
    flush(connection);
  }
  void flush(Connection& connection) {
    const auto left = [&] { return requests_.size() - connection.sent; };
    while (left() > 0) {
      const ssize_t n =
          send(connection.fd, requests_.data() + connection.sent, left(), MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN) {
        tally_.e_write += connection.waiting;
        return lose(connection);
      }
      if (n < 0) break;
      connection.sent += static_cast<std::size_t>(n);
    }
    if (connection.wants_write == (left() > 0)) return;
    connection.wants_write = left() > 0;
    epoll_event event{.events = EPOLLIN | (connection.wants_write ? EPOLLOUT : 0u),
                      .data = {.ptr = &connection}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
  }

  void read(Connection& connection) {
    const ssize_t n = recv(connection.fd, buffer_.data(), buffer_.size(), 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      tally_.e_read += connection.waiting;
      return lose(connection);
    }
    tally_.bytes += n;
    const std::chrono::duration<float, std::micro> took = Clock::now() - connection.sent_at;
    std::string_view data(buffer_.data(), static_cast<std::size_t>(n));
    while (!data.empty()) {
      const auto found =
          connection.waiting > 0 ? connection.reader.read(data) : AnswerReader::Found::nonsense;
      if (found == AnswerReader::Found::part) return;
      if (found == AnswerReader::Found::nonsense) {
        tally_.wrong += std::max(1, connection.waiting);
        return lose(connection);
      }
      --connection.waiting;
      tally_.micros.push_back(took.count());
      tally_.e_status += !connection.reader.good();
      if (connection.reader.last()) {
        tally_.e_read += connection.waiting;
        drop(connection);
        return rate_ == 0 ? open(connection) : be_free(connection);
      }
    }
    if (connection.waiting == 0) be_free(connection);
  }

  const int depth_;
  const double rate_;
  std::string requests_;
  sockaddr_storage address_{};
  socklen_t address_size_ = 0;
  const int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::vector<Connection> connections_;
  std::vector<Connection*> closed_;     // to open again in the next turn
  std::vector<Connection*> free_;       // with a rate: those that wait for a request
  std::vector<Clock::time_point> due_;  // with a rate: requests that wait for a connection,
  std::size_t late_ = 0;                // from this one on
  std::vector<char> buffer_;
  Tally tally_;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int flag; (flag = getopt(argc, argv, "c:d:p:m:b:H:r:")) != -1;) {
    if (flag == 'c')
      options.connections = std::atoi(optarg);
    else if (flag == 'd')
      options.duration = std::chrono::duration<double>(std::atof(optarg));
    else if (flag == 'p')
      options.depth = std::atoi(optarg);
    else if (flag == 'r')
      options.rate = std::atof(optarg);
    else if (flag == 'm')
      options.method = optarg;
    else if (flag == 'b')
      options.body_bytes = std::strtoul(optarg, nullptr, 10);
    else if (flag == 'H')
      options.fields.append(optarg).append("\r\n");
    else
      std::exit(2);
  }
  if (argc - optind != 2 || options.connections < 1 || options.depth < 1 || options.rate < 0 ||
      (options.rate > 0 && options.depth > 1)) {
    throw std::runtime_error(
        "usage: load [-c CONNECTIONS] [-d SECONDS] [-p DEPTH | -r RATE] [-m METHOD] [-b "
        "BODY_BYTES] "
        "[-H FIELD]... PORT|unix:SOCKET PATH");
  }
  options.target = argv[optind];
  options.path = argv[optind + 1];
  return options;
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

int main(int argc, char** argv) try {
  const Options options = parse(argc, argv);
  Load load(options);
  const auto begin = Clock::now();
  const double cpu_begin = cpu_seconds();
  Tally tally = load.run(options.duration);
  const double cpu = cpu_seconds() - cpu_begin;
  const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
  std::printf(
      "{\"requests\": %zu, \"duration_us\": %.0f, \"bytes\": %lld, \"p50_us\": %.1f, \"p99_us\": "
      "%.1f, "
      "\"max_us\": %.1f, \"e_connect\": %ld, \"e_read\": %ld, \"e_write\": %ld, \"e_status\": %ld, "
      "\"e_timeout\": %ld, \"wrong\": %ld, \"load_cpu_s\": %.6f}\n",
      tally.micros.size(), took.count(), tally.bytes, tally.percentile(0.5), tally.percentile(0.99),
      tally.percentile(1), tally.e_connect, tally.e_read, tally.e_write, tally.e_status,
      tally.e_timeout, tally.wrong, cpu);
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 2;
}
