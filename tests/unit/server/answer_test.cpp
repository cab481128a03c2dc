// Requests and their answers, over real sockets.
#include "tests/unit/server/harness.hpp"

namespace asgi_worker::server {
namespace {

class Answer : public ServerTest {};

TEST_F(Answer, ComesFromWithinOnRequest) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(get_of("/a%20b?c=d", "X-Y: z\r\n"));
  ASSERT_TRUE(pump_until_has(client, "hi"));
  EXPECT_EQ(client.received, hi_answer);
  const Call& call = application.last();
  EXPECT_EQ(call.method + " " + call.path + " " + call.query, "GET /a%20b c=d");
  EXPECT_EQ(call.fields[1], (std::pair<std::string, std::string>{"x-y", "z"}));
  EXPECT_EQ(call.peer.host, "127.0.0.1");
  EXPECT_EQ(call.server.host, "127.0.0.1");
  EXPECT_NE(call.peer.port, 0);
  EXPECT_EQ(call.events, "complete ");
  EXPECT_EQ(wakes, 0);
}

TEST_F(Answer, ComesInTheTurnOfItsRequest) {
  serve();
  answer_at_once();
  Client& client = connect();
  ASSERT_TRUE(pump([&] { return core->idle() == 1; }));
  client.send(get_request);
  pollfd ready{.fd = core->fd(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&ready, 1, 5'000), 1);
  core->poll();
  client.receive();
  EXPECT_EQ(client.received, hi_answer);
}

TEST_F(Answer, GivenOutsideOfATurnAsksForOne) {
  serve();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump([&] { return !application.calls.empty(); }));
  EXPECT_EQ(application.last().events, "end ");
  application.last().answer("hi");
  EXPECT_EQ(wakes, 1);
  client.receive();
  EXPECT_EQ(client.received, "");
  core->flush();
  ASSERT_TRUE(pump_until_has(client, "hi"));
}

TEST_F(Answer, GivenOutsideOfATurnMakesTheDescriptorReadable) {
  with_wake = false;
  serve();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump([&] { return !application.calls.empty(); }));
  settle();
  pollfd ready{.fd = core->fd(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&ready, 1, 0), 0);
  application.last().answer("hi");
  EXPECT_EQ(::poll(&ready, 1, 0), 1);
  core->poll();
  EXPECT_EQ(::poll(&ready, 1, 0), 0);
  ASSERT_TRUE(pump_until_has(client, "hi"));
}

TEST_F(Answer, KeepsTheConnection) {
  serve();
  answer_at_once();
  Client& client = connect();
  for (std::size_t round = 1; round <= 3; ++round) {
    client.send(get_request);
    ASSERT_TRUE(pump([&] { return client.received.size() == round * hi_answer.size(); }));
  }
  EXPECT_FALSE(client.is_closed);
  EXPECT_EQ(core->idle(), 1u);
}

TEST_F(Answer, ClosesWhenTheClientAsks) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(get_of("/", "Connection: close\r\n"));
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi");
  EXPECT_EQ(empties, 1);
}

TEST_F(Answer, IsNotLostToAResetByWhatTheClientStillSends) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(get_of("/", "Connection: close\r\n") + std::string(200'000, 'x'));
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_FALSE(client.was_reset);
  EXPECT_TRUE(client.has("hi"));
  EXPECT_EQ(application.calls.size(), 1u);
}

TEST_F(Answer, ToHttp10IsClosedOrKeptAsAsked) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(pump_until_has(client, "hi"));
  EXPECT_TRUE(client.has("connection: keep-alive\r\n"));
  client.received.clear();
  client.send("GET / HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_TRUE(client.has("connection: close\r\n"));
}

TEST_F(Answer, WithoutLengthToHttp10EndsWithTheConnection) {
  serve();
  application.on_call = [](Call& call) {
    call.exchange->start(200, {});
    call.exchange->write("hel");
    call.exchange->write("lo");
    call.exchange->finish();
  };
  Client& client = connect();
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello");
}

TEST_F(Answer, IsStreamedInChunks) {
  serve();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump([&] { return !application.calls.empty(); }));
  http::Exchange& exchange = *application.last().exchange;
  exchange.start(200, {});
  settle();
  EXPECT_EQ(client.received, "");  // the head waits for the first write
  exchange.write("");
  ASSERT_TRUE(pump_until_has(client, "\r\n\r\n"));
  exchange.write("hello");
  ASSERT_TRUE(pump_until_has(client, "5\r\nhello\r\n"));
  exchange.write(" you");
  exchange.finish();
  ASSERT_TRUE(pump_until_has(client, "0\r\n\r\n"));
  EXPECT_EQ(client.body(), "5\r\nhello\r\n4\r\n you\r\n0\r\n\r\n");
}

TEST_F(Answer, ToHeadHasNoBody) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + get_request);
  ASSERT_TRUE(pump_until_has(client, "hi"));
  EXPECT_EQ(client.received, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" + hi_answer);
}

TEST_F(Answer, OfNoContentKeepsTheConnection) {
  serve();
  application.on_call = [](Call& call) { call.answer("dropped", 204); };
  Client& client = connect();
  client.send(get_request + get_request);
  const std::string one = "HTTP/1.1 204 No Content\r\n\r\n";
  ASSERT_TRUE(pump([&] { return client.received.size() >= 2 * one.size(); }));
  EXPECT_EQ(client.received, one + one);
}

TEST_F(Answer, ShorterThanItsLengthClosesTheConnection) {
  serve();
  application.on_call = [](Call& call) {
    const http::Field fields[] = {{"content-length", "10"}};
    call.exchange->start(200, fields);
    EXPECT_EQ(call.exchange->body_left(), 10u);
    call.exchange->write("hi");
    EXPECT_EQ(call.exchange->body_left(), 8u);
    call.exchange->finish();
  };
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhi");
}

TEST_F(Answer, RefusedByTheApplicationsSide) {
  serve();
  application.on_call = [](Call& call) { call.exchange->refuse(500, "Internal Server Error"); };
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received,
            "HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain; charset=utf-8\r\n"
            "content-length: 21\r\nconnection: close\r\n\r\nInternal Server Error");
  EXPECT_EQ(application.last().events, "complete ");
}

TEST_F(Answer, RefusedAfterAHeadThatWasNotSent) {
  serve();
  application.on_call = [](Call& call) {
    call.exchange->start(200, {});
    call.exchange->refuse(500, "");
  };
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received.substr(0, 12), "HTTP/1.1 500");
}

TEST_F(Answer, AbortedLacksItsEnd) {
  serve();
  application.on_call = [](Call& call) {
    call.exchange->start(200, {});
    call.exchange->write("part");
    call.exchange->abort();
  };
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.body(), "4\r\npart\r\n");
  EXPECT_EQ(application.last().events, "disconnect ");
}

TEST_F(Answer, ToPipelinedRequestsComesInOrderInOneTurn) {
  serve();
  application.on_call = [](Call& call) { call.answer(call.path); };
  Client& client = connect();
  ASSERT_TRUE(pump([&] { return core->idle() == 1; }));
  client.send(get_of("/1") + get_of("/2") + get_of("/3"));
  pollfd ready{.fd = core->fd(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&ready, 1, 5'000), 1);
  core->poll();
  client.receive();
  const std::string head = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n";
  EXPECT_EQ(client.received, head + "/1" + head + "/2" + head + "/3");
}

TEST_F(Answer, ToThePipelinedNextWaitsForTheOneBefore) {
  serve();
  Client& client = connect();
  client.send(get_of("/1") + get_of("/2"));
  ASSERT_TRUE(pump([&] { return !application.calls.empty(); }));
  client.send(get_of("/3"));
  settle();
  ASSERT_EQ(application.calls.size(), 1u);
  application.last().answer("1");
  ASSERT_EQ(application.calls.size(), 1u);  // not from within finish()
  ASSERT_TRUE(pump([&] { return application.calls.size() == 2; }));
  application.last().answer("2");
  ASSERT_TRUE(pump([&] { return application.calls.size() == 3; }));
  EXPECT_EQ(application.last().path, "/3");
}

TEST_F(Answer, ToTenThousandPipelinedRequestsTakesNoStack) {
  serve();
  answer_at_once();
  Client& client = connect();
  std::string requests;
  for (int count = 0; count < 10'000; ++count) requests += get_request;
  std::string_view left = requests;
  ASSERT_TRUE(pump([&] {
    left.remove_prefix(client.send_some(left));
    return client.received.size() >= 10'000 * hi_answer.size();
  }));
  EXPECT_EQ(client.received.size(), 10'000 * hi_answer.size());
}

TEST_F(Answer, IsNotPiledUpForAClientThatOnlySends) {
  serve();
  answer_at_once(std::string(60'000, 'x'));
  Client& client = connect();
  std::string requests;
  for (int count = 0; count < 1'000; ++count) requests += get_request;
  client.send(requests);
  for (int turn = 0; turn < 100; ++turn) core->poll();
  EXPECT_LT(application.calls.size(), 500u);  // what the sockets take, and no more
  const std::size_t all = 1'000 * 60'000;
  ASSERT_TRUE(pump([&] { return client.received.size() > all; }));
  EXPECT_EQ(application.calls.size(), 1'000u);
}

struct Refused {
  const char* name;
  std::string input;
  std::string status;
};
class Refusal : public ServerTest, public testing::WithParamInterface<Refused> {};

TEST_P(Refusal, IsAnsweredAndCloses) {
  serve();
  Client& client = connect();
  client.send(GetParam().input);
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_FALSE(client.was_reset);
  const std::string& status = GetParam().status;
  const std::string line = status.empty() ? "" : "HTTP/1.1 " + status + "\r\n";
  EXPECT_EQ(client.received.substr(0, line.size()), line);
  EXPECT_EQ(client.received.empty(), line.empty());
  EXPECT_EQ(reports, "Invalid HTTP request received.\n");
  EXPECT_TRUE(application.calls.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Server, Refusal,
    testing::Values(
        Refused{"Garbage", "garbage\r\n\r\n", "400 Bad Request"},
        Refused{"NoHost", "GET / HTTP/1.1\r\n\r\n", "400 Bad Request"},
        Refused{"Connect", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "405 Method Not Allowed"},
        Refused{"Version", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "505 HTTP Version Not Supported"},
        Refused{"Coding", get_of("/", "Transfer-Encoding: gzip\r\n"), "501 Not Implemented"},
        Refused{"LongLine", "GET /" + std::string(70'000, 'x'), "414 Request-URI Too Long"},
        Refused{"Tls", "\x16\x03\x01", ""}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST_F(Answer, PrecedesTheRefusalOfWhatFollows) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(get_request + "garbage\r\n\r\n");
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received.substr(0, hi_answer.size() + 12), hi_answer + "HTTP/1.1 400");
}

TEST_F(Answer, IgnoresUnknownUpgrades) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(get_of("/", "Connection: upgrade\r\nUpgrade: h2c\r\n"));
  ASSERT_TRUE(pump_until_has(client, "hi"));
  EXPECT_EQ(reports, "Unsupported upgrade request.\n");
}

TEST_F(Answer, Is503AboveTheConcurrencyLimit) {
  settings.concurrency.most = 1;
  serve();
  Client& first = connect();
  first.send(get_request);
  ASSERT_TRUE(pump([&] { return core->active() == 1; }));
  Client& second = connect();
  second.send(get_request);
  ASSERT_TRUE(pump_until_closed(second));
  EXPECT_EQ(second.received.substr(0, 32), "HTTP/1.1 503 Service Unavailable");
  EXPECT_TRUE(second.has("retry-after: 1\r\n"));
  application.last().answer("hi");
  ASSERT_TRUE(pump_until_has(first, "hi"));
}

TEST_F(Answer, IsLogged) {
  settings.access_format = *parse_access_format("uvicorn-worker");
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(get_of("/a?b") + get_of("/c"));
  ASSERT_TRUE(pump([&] { return client.received.size() == 2 * hi_answer.size(); }));
  const std::string who = "127.0.0.1:" + std::to_string(application.last().peer.port);
  EXPECT_EQ(access, who + " - \"GET /a?b HTTP/1.1\" 200\n" + who + " - \"GET /c HTTP/1.1\" 200\n");
}

TEST_F(Answer, OfTheInterimKindComesBeforeAHeadThatIsHeldBack) {
  serve();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump([&] { return !application.calls.empty(); }));
  http::Exchange& exchange = *application.last().exchange;
  const http::Field link[] = {{"link", "</a>"}};
  const http::Field length[] = {{"content-length", "2"}};
  exchange.inform(103, link);
  exchange.start(200, length);
  exchange.inform(103, link);
  exchange.write("h");
  exchange.inform(103, link);  // too late
  exchange.write("i");
  exchange.finish();
  ASSERT_TRUE(pump_until_has(client, "hi"));
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
  EXPECT_EQ(client.received.substr(0, 2 * interim.size()), interim + interim);
  EXPECT_EQ(client.received.find("103", 2 * interim.size()), std::string::npos);
}

TEST_F(Answer, EndsWithTrailersWhereItIsChunked) {
  serve();
  const http::Field trailers[] = {{"sum", "5"}};
  application.on_call = [&](Call& call) {
    call.exchange->start(200, {});
    call.exchange->write("body");
    call.exchange->finish(trailers);
  };
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump_until_has(client, "4\r\nbody\r\n0\r\nsum: 5\r\n\r\n"));
  EXPECT_EQ(application.last().events, "complete ");
}

}  // namespace
}  // namespace asgi_worker::server
