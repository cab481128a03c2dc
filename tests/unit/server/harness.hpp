// A server on a real socket, clients, and an application whose behaviour each test gives. All in
// one thread: pump() turns the server and waits, at most some seconds, on the descriptors.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "asgi-worker/server/core.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::server {

using namespace std::chrono_literals;

/// One request as the application saw it.
class Call final : public http::Cycle {
 public:
  http::Exchange* exchange = nullptr;  // null when it is gone
  std::string method, path, query, body, events;
  std::vector<std::pair<std::string, std::string>> fields;
  http::Endpoint peer, server;
  std::optional<std::uint64_t> content_length;
  std::uint64_t body_size = 0;
  bool keeps_body = true;
  std::size_t room_size = 0;  // what of a body is read past the parser at most; 0: none
  std::size_t rooms = 0;      // times that room was asked for
  std::uint64_t read_past = 0;
  std::function<void(Call&)> then = [](Call&) {};        // at the body's end
  std::function<void(Call&)> each_piece = [](Call&) {};  // behind each on_body
  std::function<void(Call&)> when_writable = [](Call&) {};

  std::optional<std::string> body_at_start;

  void on_start() override { body_at_start = body; }
  void on_body(std::string_view bytes) override {
    body_size += bytes.size();
    if (keeps_body) body += bytes;
    each_piece(*this);
  }
  std::span<char> body_room(std::uint64_t left) override {
    ++rooms;
    room_.resize(std::min<std::size_t>(room_size, left));
    return room_;
  }
  void on_body_read(std::size_t size, std::uint64_t) override {
    read_past += size;
    on_body(std::string_view{room_}.substr(0, size));
  }
  void on_body_end() override {
    events += "end ";
    then(*this);
  }
  void on_writable() override {
    events += "writable ";
    when_writable(*this);
  }
  void on_complete() override {
    events += "complete ";
    exchange = nullptr;
  }
  void on_disconnect() override {
    events += "disconnect ";
    exchange = nullptr;
  }
  void on_time_out() override {
    events += "timeout ";
    on_disconnect();
  }
  void on_half_close() override { events += "half-close "; }

  void answer(std::string_view text, int status = 200) {
    const std::string length = std::to_string(text.size());
    const http::Field all[] = {{"content-length", length}};
    exchange->start(status, all);
    exchange->write(text);
    exchange->finish();
  }

 private:
  std::string room_;
};

class TestApplication final : public http::Application {
 public:
  std::vector<std::unique_ptr<Call>> calls;
  std::function<void(Call&)> on_call = [](Call&) {};
  Call& last() { return *calls.back(); }

  void on_request(http::Exchange& exchange, const http::Request& request) override {
    auto call = std::make_unique<Call>();
    call->exchange = &exchange;
    call->method = request.method;
    call->path = request.raw_path;
    call->query = request.query;
    call->content_length = request.content_length;
    call->peer = *request.peer;
    call->server = *request.server;
    for (const http::Field& field : request.fields)
      call->fields.emplace_back(field.name, field.value);
    exchange.attach(*call);
    calls.push_back(std::move(call));
    on_call(*calls.back());
  }
};

class Client {
 public:
  explicit Client(common::UniqueFd fd) : fd_{std::move(fd)} {}
  int fd() const { return fd_.get(); }
  std::string received;
  bool is_closed = false;  // by the server: an end of input, or a reset
  bool was_reset = false;

  void send(std::string_view bytes) {
    ASSERT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  /// As much as the socket takes.
  std::size_t send_some(std::string_view bytes) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  void shut_down() { ::shutdown(fd_.get(), SHUT_WR); }
  void leave() { fd_.reset(); }
  /// Closes so that the server gets a reset.
  void reset() {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    fd_.reset();
  }
  std::size_t receive(std::size_t most = 1 << 20) {
    if (!fd_) return 0;
    std::string space(most, '\0');
    const ssize_t got = ::recv(fd_.get(), space.data(), space.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) is_closed = true;
    if (got < 0 && errno == ECONNRESET) was_reset = true;
    if (got <= 0) return 0;
    received.append(space, 0, static_cast<std::size_t>(got));
    return static_cast<std::size_t>(got);
  }
  /// The body of what was received, behind the (last) head.
  std::string body() const { return received.substr(received.find("\r\n\r\n") + 4); }
  bool has(std::string_view text) const { return received.find(text) != std::string::npos; }

 private:
  common::UniqueFd fd_;
};

class ServerTest : public testing::Test {
 protected:
  Settings settings;
  TestApplication application;
  std::string access, reports;
  int wakes = 0;
  int empties = 0;
  bool with_wake = true;
  bool is_ready = true;
  Clock::time_point now{1'000s};
  std::unique_ptr<HttpCore> core;
  common::UniqueFd listener;
  std::vector<std::unique_ptr<Client>> clients;

  void serve() {
    settings.server_field = "";
    settings.date_field = false;
    serve_on(tcp_listener());
  }
  void serve_on(common::UniqueFd fd) {
    Hooks hooks{.access = [this](std::string_view lines) { access += lines; },
                .report =
                    [this](std::string_view line) {
                      reports += line;
                      reports += '\n';
                    },
                .wake = {},
                .is_ready = [this] { return is_ready; },
                .empty = [this] { ++empties; }};
    if (with_wake) hooks.wake = [this] { ++wakes; };
    auto made = HttpCore::create(application, settings, std::move(hooks),
                                 {.steady = [this] { return now; }, .wall = [] { return 0; }});
    ASSERT_TRUE(made.has_value());
    core = std::move(*made);
    listener = std::move(fd);
    ASSERT_TRUE(core->add_listener(listener.get()).has_value());
  }
  static common::UniqueFd tcp_listener() {
    common::UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd.get(), 128), 0);
    return fd;
  }

  Client& connect() {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    common::UniqueFd fd{::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_TRUE(common::set_blocking(fd.get(), common::Blocking::no).has_value());
    clients.push_back(std::make_unique<Client>(std::move(fd)));
    return *clients.back();
  }

  /// Turns the server until `claim` holds. Clients read what comes, if they are to.
  bool pump(const std::function<bool()>& claim, bool clients_read = true) {
    const auto give_up = Clock::now() + 60s;
    while (Clock::now() < give_up) {
      core->poll();
      core->flush();
      if (clients_read)
        for (const auto& client : clients)
          if (!client->is_closed) client->receive();
      if (claim()) return true;
      std::vector<pollfd> fds{{.fd = core->fd(), .events = POLLIN, .revents = 0}};
      if (clients_read)
        for (const auto& client : clients)
          if (client->fd() >= 0 && !client->is_closed)
            fds.push_back({.fd = client->fd(), .events = POLLIN, .revents = 0});
      ::poll(fds.data(), fds.size(), 20);
    }
    return false;
  }
  bool pump_until_has(Client& client, std::string_view text) {
    return pump([&] { return client.has(text); });
  }
  bool pump_until_closed(Client& client) {
    return pump([&] { return client.is_closed; });
  }
  /// Some turns more: whatever could happen has happened.
  void settle() {
    for (int turn = 0; turn < 5; ++turn) {
      core->poll();
      core->flush();
      for (const auto& client : clients)
        if (!client->is_closed) client->receive();
    }
  }
  void answer_at_once(std::string text = "hi") {
    application.on_call = [text](Call& call) { call.answer(text); };
  }
  void answer_at_end() {
    application.on_call = [](Call& call) {
      call.then = [](Call& whole) { whole.answer(whole.body); };
    };
  }
};

inline const std::string get_request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
inline std::string get_of(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string{target} + " HTTP/1.1\r\nHost: a\r\n" + std::string{fields} + "\r\n";
}
inline std::string post_of(std::size_t length, std::string_view fields = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n" +
         std::string{fields} + "\r\n";
}
inline const std::string hi_answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

}  // namespace asgi_worker::server
