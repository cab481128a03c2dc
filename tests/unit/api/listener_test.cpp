#include "supervisord/api/listener.hpp"

#include <poll.h>
#include <unistd.h>

#include "tests/fakes/api_fixture.hpp"

namespace supervisord::api {
namespace {

using namespace std::chrono_literals;

class ListenerTest : public ApiFixture {
 protected:
  /// All that comes until the peer closes; what came within 5 s otherwise.
  static std::string read_all(int fd) {
    std::string out;
    char buffer[512];
    for (pollfd ready{fd, POLLIN, 0}; ::poll(&ready, 1, 5000) == 1;) {
      const ssize_t size = ::read(fd, buffer, sizeof buffer);
      if (size <= 0) return out;
      out.append(buffer, static_cast<std::size_t>(size));
    }
    return out + "(not closed)";
  }
  static void say(int fd, std::string_view text) {
    ASSERT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
};

TEST_F(ListenerTest, AnswersHttpWith501ByDefault) {
  serve();
  const auto fd = connect();
  say(fd.get(), "POST /RPC2 HTTP/1.1\r\n\r\n");
  const std::string answer = read_all(fd.get());
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 501 Not Implemented\r\n")) << answer;
  const auto body = answer.find("\r\n\r\n");
  ASSERT_NE(body, std::string::npos);
  EXPECT_NE(answer.find("Content-Length: " + std::to_string(answer.size() - body - 4) + "\r\n"),
            std::string::npos);
}

TEST_F(ListenerTest, HandsHttpOverWithNothingRead) {
  std::promise<std::string> seen;
  std::optional<Peer> peer;
  Options options;
  options.http = [&](HttpConnection connection) {
    char buffer[16];
    const ssize_t size = ::read(connection.fd.get(), buffer, sizeof buffer);
    peer = connection.peer;
    seen.set_value(std::string{buffer, static_cast<std::size_t>(std::max<ssize_t>(size, 0))});
  };
  serve(local_policy(), std::move(options));
  const auto fd = connect();
  say(fd.get(), "GET / HTTP/1.1");
  EXPECT_EQ(seen.get_future().get(), "GET / HTTP/1.1");
  ASSERT_TRUE(peer && peer->process);
  EXPECT_EQ(peer->process->pid, ::getpid());
  EXPECT_EQ(peer->process->uid, ::getuid());
}

TEST_F(ListenerTest, DropsWhoSaysNothingAndServesOthersMeanwhile) {
  Options options;
  options.greeting_limit = 300ms;
  serve(local_policy(), std::move(options));
  const auto silent = connect();
  const auto halting = connect();
  say(halting.get(), "PR");
  const auto talking = connect();
  say(talking.get(), "GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(read_all(talking.get()).starts_with("HTTP/1.1 501"));
  EXPECT_EQ(read_all(silent.get()), "");
  EXPECT_EQ(read_all(halting.get()), "");
}

TEST_F(ListenerTest, RefusesGrpcToWhomThePolicyDoesNotTake) {
  serve({[](const Peer&) { return false; }, {}, {}});
  const auto fd = connect();
  say(fd.get(), "PRI * HTTP/2.0\r\n");
  EXPECT_EQ(read_all(fd.get()), "");
}

TEST_F(ListenerTest, CutsTheUndecidedWhenItEnds) {
  serve();
  const auto fd = connect();
  say(fd.get(), "PR");
  const auto later = connect();  // answered only after the first was accepted
  say(later.get(), "GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(read_all(later.get()).starts_with("HTTP/1.1 501"));
  stop_serving();
  EXPECT_EQ(read_all(fd.get()), "");
}

}  // namespace
}  // namespace supervisord::api
