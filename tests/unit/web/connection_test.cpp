#include "supervisord/web/connection.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "supervisord/web/connections.hpp"
#include "supervisord/web/router.hpp"

namespace supervisord::web {
namespace {

using namespace std::chrono_literals;

/// A client on a socket pair, on the loop's own thread: what it says is served when it listens.
class ConnectionTest : public testing::Test {
 protected:
  ConnectionTest() {
    router.add("/hello", [](const auto& exchange) {
      exchange->answer({.body = "hello " + exchange->request().body});
    });
    router.add("/later", [this](const auto& exchange) {
      exchange->on_gone([this] { ++gone; });
      kept = exchange;
    });
    router.add("/dropped", [](const auto&) {});
  }

  void connect(Limits limits = {}, std::function<Authorization(std::string_view)> authorize = {}) {
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    client.reset(fds[0]);
    io.restart();
    connections = std::make_unique<Connections>(
        io, [this](const auto& exchange) { router(exchange); }, limits);
    connections->take({common::UniqueFd{fds[1]}, "the test", true, std::move(authorize)});
  }
  void say(std::string_view text) {
    ASSERT_EQ(::write(client.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  /// What has come when `is_enough`, or when the other side has closed, or after 5 s.
  std::string hear(const std::function<bool(const std::string&)>& is_enough) {
    std::string heard;
    const auto until = std::chrono::steady_clock::now() + 5s;
    while (!is_enough(heard) && std::chrono::steady_clock::now() < until) {
      char buffer[65536];
      const ssize_t size = ::read(client.get(), buffer, sizeof buffer);
      if (size > 0) heard.append(buffer, static_cast<std::size_t>(size));
      if (size == 0) return heard + "(closed)";
      if (size < 0) io.run_one_for(10ms);
    }
    return heard;
  }
  /// To the end of `last`.
  std::string hear(std::string_view last) {
    return hear([&](const std::string& heard) { return heard.ends_with(last); });
  }
  template <class Claim>
  bool becomes(Claim is_so) {
    const auto until = std::chrono::steady_clock::now() + 5s;
    while (!is_so() && std::chrono::steady_clock::now() < until) io.run_one_for(10ms);
    return is_so();
  }

  boost::asio::io_context io;
  Router router;
  int gone = 0;
  std::shared_ptr<Exchange> kept;
  common::UniqueFd client;
  std::unique_ptr<Connections> connections;
};

TEST_F(ConnectionTest, AnswersOneRequestAfterTheOther) {
  connect();
  for (int round = 0; round < 3; ++round) {
    say("POST /hello HTTP/1.1\r\nContent-Length: 3\r\n\r\nyou\r\n");
    EXPECT_TRUE(hear("hello you").starts_with("HTTP/1.1 200 OK\r\n"));
  }
}

TEST_F(ConnectionTest, RefusesMoreThanItServes) {
  connect({.connections = 2});
  std::vector<common::UniqueFd> clients;
  const auto take_one = [&] {
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    clients.emplace_back(fds[0]);
    connections->take({common::UniqueFd{fds[1]}, "the test", true, {}});
  };
  take_one();
  EXPECT_EQ(connections->count(), 2u);
  take_one();
  EXPECT_EQ(connections->count(), 2u);
  std::swap(client, clients.back());
  EXPECT_TRUE(hear("(closed)").starts_with("HTTP/1.1 503 "));
  clients.front().reset();  // one goes, and there is room again
  ASSERT_TRUE(becomes([&] { return connections->count() < 2; }));
  take_one();
  EXPECT_EQ(connections->count(), 2u);
}

TEST_F(ConnectionTest, AnswersPipelinedRequestsInOrder) {
  connect();
  say("GET /hello HTTP/1.1\r\n\r\n\r\n\r\nGET /nope HTTP/1.1\r\n\r\nGET /hello "
      "HTTP/1.1\r\nConnection: close\r\n\r\n");
  const auto heard = hear("(never)");
  const auto nope = heard.find("404 Not Found");
  EXPECT_NE(nope, std::string::npos) << heard;
  EXPECT_LT(heard.find("hello "), nope);
  EXPECT_TRUE(heard.ends_with("hello (closed)")) << heard;
}

TEST_F(ConnectionTest, AnswersWhoHasClosedItsSendingSide) {
  connect();
  say("GET /hello HTTP/1.0\r\n\r\n");
  ::shutdown(client.get(), SHUT_WR);
  EXPECT_TRUE(hear("(never)").ends_with("hello (closed)"));
}

TEST_F(ConnectionTest, KeepsHttp10AliveOnlyWhenAsked) {
  connect();
  say("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(hear("hello ").find("Connection: Keep-Alive\r\n"), std::string::npos);
  say("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(hear("(never)").ends_with("hello (closed)"));
}

TEST_F(ConnectionTest, SendsNoBodyToHead) {
  connect();
  say("HEAD /hello HTTP/1.1\r\n\r\n");
  const auto heard = hear("\r\n\r\n");
  EXPECT_NE(heard.find("Content-Length: 6\r\n"), std::string::npos);
  EXPECT_TRUE(heard.ends_with("\r\n\r\n"));
}

TEST_F(ConnectionTest, RefusesWithoutPasswordAndCloses) {
  connect({}, [](auto field) {
    return field == "yes"  ? Authorization::fits
           : field.empty() ? Authorization::wrong
                           : Authorization::malformed;
  });
  say("GET /hello HTTP/1.1\r\nAuthorization: yes\r\n\r\n");
  hear("hello ");
  say("POST /hello HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc");
  const auto heard = hear("(never)");
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 401 Unauthorized\r\n")) << heard;
  EXPECT_NE(heard.find("WWW-Authenticate: Basic realm=\"default\"\r\n"), std::string::npos);
  EXPECT_NE(heard.find("Connection: close\r\n"), std::string::npos);
  EXPECT_NE(heard.find("<p>Error code 401.\r\n<p>Message: Unauthorized.\r\n"), std::string::npos);
  EXPECT_TRUE(heard.ends_with("(closed)"));
}

TEST_F(ConnectionTest, RefusesMalformedCredentials) {
  connect({}, [](auto) { return Authorization::malformed; });
  say("GET /hello HTTP/1.1\r\nAuthorization: Basic !\r\n\r\n");
  EXPECT_TRUE(hear("(never)").starts_with("HTTP/1.1 400 Bad Request\r\n"));
}

TEST_F(ConnectionTest, SaysContinueToWhoWaitsForIt) {
  connect();
  say("POST /hello HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(hear("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  say("yo");
  EXPECT_TRUE(hear("hello yo").starts_with("HTTP/1.1 200 OK"));
}

TEST_F(ConnectionTest, AnswersLater) {
  connect();
  say("GET /later HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(becomes([this] { return kept != nullptr; }));
  std::exchange(kept, nullptr)->answer({.body = "at last"});
  EXPECT_TRUE(hear("at last").starts_with("HTTP/1.1 200 OK"));
  EXPECT_EQ(gone, 0);
}

TEST_F(ConnectionTest, TellsThatTheClientIsGone) {
  connect();
  say("GET /later HTTP/1.1\r\n\r\n\r\n");
  ASSERT_TRUE(becomes([this] { return kept != nullptr; }));
  client.reset();
  EXPECT_TRUE(becomes([this] { return gone == 1 && connections->count() == 0; }));
  kept->answer({.body = "nobody hears it"});
}

TEST_F(ConnectionTest, TellsThatItCloses) {
  connect();
  say("GET /later HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(becomes([this] { return kept != nullptr; }));
  connections.reset();
  EXPECT_EQ(gone, 1);
  kept->answer({.body = "nobody hears it"});
  EXPECT_EQ(hear("(never)"), "(closed)");
}

TEST_F(ConnectionTest, SendsWhatWasAnsweredBeforeItCloses) {
  connect();
  say("GET /later HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(becomes([this] { return kept != nullptr; }));
  kept->answer({.body = "last words"});
  connections.reset();
  EXPECT_TRUE(hear("(never)").ends_with("last words(closed)"));
}

TEST_F(ConnectionTest, AnswersForAHandlerThatDoesNot) {
  connect();
  say("GET /dropped HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(hear("</body>\r\n").starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
}

TEST_F(ConnectionTest, StreamsInChunks) {
  connect();
  say("GET /later HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(becomes([this] { return kept != nullptr; }));
  const auto stream = kept->stream({});
  bool taken = false;
  stream->write("one", [&] { taken = true; });
  EXPECT_FALSE(taken);
  ASSERT_TRUE(becomes([&] { return taken; }));
  stream->end();
  EXPECT_TRUE(hear("0\r\n\r\n").ends_with("\r\n\r\n3\r\none\r\n0\r\n\r\n"));
  say("GET /hello HTTP/1.1\r\n\r\n");
  hear("hello ");
}

TEST_F(ConnectionTest, StreamsToHttp10UntilItCloses) {
  connect();
  say("GET /later HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(becomes([this] { return kept != nullptr; }));
  const auto stream = kept->stream({});
  stream->write("one", [] {});
  stream->end();
  EXPECT_TRUE(hear("(never)").ends_with("\r\n\r\none(closed)"));
}

TEST_F(ConnectionTest, TakesNoMoreThanAClientTakes) {
  connect();
  say("GET /later HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(becomes([this] { return kept != nullptr; }));
  const auto stream = kept->stream({});
  const std::string piece(1 << 20, 'x');
  int taken = 0;
  stream->write(piece, [&] { ++taken; });
  for (int turns = 0; turns < 20; ++turns) io.poll();
  EXPECT_EQ(taken, 0);
  hear([&](const std::string& heard) { return heard.size() > piece.size(); });
  EXPECT_TRUE(becomes([&] { return taken == 1; }));
}

TEST_F(ConnectionTest, CutsAStreamThatIsDropped) {
  connect();
  say("GET /later HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(becomes([this] { return kept != nullptr; }));
  auto stream = std::exchange(kept, nullptr)->stream({});
  stream->write("one", [] {});
  stream.reset();
  const auto heard = hear("(never)");
  EXPECT_TRUE(heard.ends_with("one\r\n(closed)")) << heard;
}

TEST_F(ConnectionTest, ClosesOnWhoIsTooSlowWithARequest) {
  for (const char* const part : {"GET / HTT", "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na"}) {
    connect({.head = 20ms, .body = 20ms});
    say(part);
    EXPECT_EQ(hear("(never)"), "(closed)");
  }
}

TEST_F(ConnectionTest, ClosesOnWhoDoesNotTakeItsAnswer) {
  connect({.taking = 20ms, .leaving = 1ms});
  say("GET /later HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(becomes([this] { return kept != nullptr; }));
  kept->answer({.body = std::string(1 << 22, 'x')});
  EXPECT_TRUE(becomes([this] { return connections->count() == 0; }));
}

TEST_F(ConnectionTest, WaitsForTheNextRequestForEver) {
  connect({.head = 50ms, .body = 50ms, .taking = 50ms});
  say("GET /hello HTTP/1.1\r\n\r\n");
  hear("hello ");
  io.run_for(120ms);
  say("GET /hello HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(hear("hello ").starts_with("HTTP/1.1 200 OK"));
}

}  // namespace
}  // namespace supervisord::web
