// The real api::Server on a Unix socket in a directory of the test's own, over a FakeControl, with
// a loop on a thread. What a test does to server or control it does by on_loop().
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>

#include "common/unique_fd.hpp"
#include "supervisord/api/server.hpp"
#include "tests/fakes/fake_control.hpp"

namespace supervisord::api {

class ApiFixture : public testing::Test {
 protected:
  ApiFixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "api-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
    socket_path = directory + "/s.sock";
    listen();
    thread_ = std::thread{[this] { io.run(); }};
  }
  ~ApiFixture() override {
    if (server) on_loop([this] { server.reset(); });
    work_.reset();
    thread_.join();
    std::filesystem::remove_all(directory);
  }

  void serve(Policy policy = local_policy(), Options options = {}) {
    on_loop([&] {
      server = std::make_unique<Server>(io, control, std::move(options));
      server->add_listener(*common::duplicate(listening_.get()), "unix_http_server",
                           std::move(policy));
    });
  }
  /// Plain text with tokens.
  void serve_remote(RemoteAccess access) {
    on_loop([&] {
      server = std::make_unique<Server>(io, control);
      server->add_remote_listener(*common::duplicate(listening_.get()), "grpc_server",
                                  std::move(access));
    });
  }
  /// As a daemon that goes while the keeper holds the socket.
  void stop_serving() {
    on_loop([this] { server.reset(); });
  }

  template <class Act>
  std::invoke_result_t<Act&> on_loop(Act act) {
    std::packaged_task<std::invoke_result_t<Act&>()> task{std::move(act)};
    auto answer = task.get_future();
    boost::asio::post(io, [&task] { task(); });
    return answer.get();
  }
  /// Waits until the loop sees `is_so`. False: not within 5 s.
  template <class Claim>
  bool becomes(Claim is_so) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{5};
    while (std::chrono::steady_clock::now() < until) {
      if (on_loop(is_so)) return true;
      std::this_thread::yield();
    }
    return false;
  }
  common::UniqueFd connect() const {
    common::UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const sockaddr_un address = address_of(socket_path);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  boost::asio::io_context io;
  control::FakeControl control{io};
  std::string directory;
  std::string socket_path;
  std::unique_ptr<Server> server;

 private:
  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }
  void listen() {
    listening_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = address_of(socket_path);
    ASSERT_EQ(::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    ASSERT_EQ(::listen(listening_.get(), 16), 0);
  }

  common::UniqueFd listening_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io.get_executor()};
  std::thread thread_;
};

}  // namespace supervisord::api
