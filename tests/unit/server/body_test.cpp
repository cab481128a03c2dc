// Request bodies, flow control, and clients that leave.
#include "tests/unit/server/harness.hpp"

namespace asgi_worker::server {
namespace {

class Body : public ServerTest {};

TEST_F(Body, IsEchoed) {
  serve();
  answer_at_end();
  Client& client = connect();
  client.send(post_of(5) + "hello");
  ASSERT_TRUE(pump_until_has(client, "hello"));
  EXPECT_EQ(application.last().content_length, 5u);
}

TEST_F(Body, ThatCameWithTheHeadIsThereWhenTheApplicationStarts) {
  serve();
  Client& client = connect();
  client.send(post_of(5) + "hel");
  ASSERT_TRUE(pump([&] { return !application.calls.empty() && application.last().body_at_start; }));
  EXPECT_EQ(application.last().body_at_start, "hel");
  client.send("lo");
  ASSERT_TRUE(pump([&] { return application.last().events == "end "; }));
}

TEST_F(Body, ThatHasNotComeDoesNotKeepTheApplicationWaiting) {
  serve();
  Client& client = connect();
  client.send(post_of(5));
  ASSERT_TRUE(pump([&] { return !application.calls.empty() && application.last().body_at_start; }));
  EXPECT_EQ(application.last().body_at_start, "");
}

TEST_F(Body, InChunksIsEchoed) {
  serve();
  answer_at_end();
  Client& client = connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n");
  ASSERT_TRUE(pump([&] { return !application.calls.empty() && application.last().body == "hel"; }));
  client.send("2\r\nlo\r\n0\r\n\r\n" + get_request);
  ASSERT_TRUE(pump_until_has(client, "hello"));
  EXPECT_EQ(application.calls[0]->content_length, std::nullopt);
  ASSERT_TRUE(pump([&] { return application.calls.size() == 2; }));
}

TEST_F(Body, OfBadChunksIsRefusedAndTheApplicationTold) {
  serve();
  Client& client = connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\nzz\r\n");
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received.substr(0, 12), "HTTP/1.1 400");
  EXPECT_EQ(application.last().events, "disconnect ");
}

TEST_F(Body, OfBadChunksEndsAnAnswerThatHasBegun) {
  serve();
  application.on_call = [](Call& call) {
    call.exchange->start(200, {});
    call.exchange->write("part");
  };
  Client& client = connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.body(), "4\r\npart\r\n");
}

TEST_F(Body, ThatIsExpectedIsAskedForWhenWanted) {
  serve();
  answer_at_end();
  Client& client = connect();
  client.send(post_of(5, "Expect: 100-continue\r\n"));
  ASSERT_TRUE(pump([&] { return !application.calls.empty(); }));
  settle();
  EXPECT_EQ(client.received, "");
  application.last().exchange->want_body();
  application.last().exchange->want_body();
  ASSERT_TRUE(pump_until_has(client, "\r\n\r\n"));
  EXPECT_EQ(client.received, "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  ASSERT_TRUE(pump_until_has(client, "hello"));
  EXPECT_FALSE(client.has("connection: close"));
}

TEST_F(Body, ThatIsExpectedAndNeverWantedClosesTheConnection) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(post_of(5, "Expect: 100-continue\r\n"));
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi");
}

TEST_F(Body, ThatNobodyReadIsSkipped) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(post_of(20'000) + std::string(10'000, 'x'));
  ASSERT_TRUE(pump_until_has(client, "hi"));
  client.send(std::string(10'000, 'x') + get_request);
  ASSERT_TRUE(pump([&] { return application.calls.size() == 2; }));
  EXPECT_EQ(application.calls[0]->body, "");
  ASSERT_TRUE(pump([&] { return client.received.size() == 2 * hi_answer.size(); }));
}

TEST_F(Body, ThatNobodyReadAndIsLongClosesTheConnection) {
  serve();
  answer_at_once();
  Client& client = connect();
  const std::string body(200'000, 'x');
  client.send(post_of(10'000'000));
  std::size_t sent = 0;
  ASSERT_TRUE(pump([&] {
    if (!client.is_closed) sent += client.send_some(body);
    return client.is_closed;
  }));
  EXPECT_EQ(client.received.substr(0, hi_answer.size()), hi_answer);
  EXPECT_LT(sent, 10'000'000u);
}

TEST_F(Body, OverTheLimitIs413) {
  settings.limits.body = 10;
  serve();
  Client& client = connect();
  client.send(post_of(11) + "hello world");
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received.substr(0, 12), "HTTP/1.1 413");
  EXPECT_FALSE(client.was_reset);
}

TEST_F(Body, IsNotReadWhileItIsPaused) {
  serve();
  application.on_call = [](Call& call) {
    call.each_piece = [](Call& reading) {
      if (reading.body_size >= 64 * 1024) reading.exchange->pause_body();
    };
    call.then = [](Call& whole) { whole.answer("whole"); };
  };
  Client& client = connect();
  const std::size_t size = 20'000'000;
  const std::string body(size, 'x');
  std::string_view left = body;
  client.send(post_of(size));
  for (int turn = 0; turn < 200; ++turn) {
    left.remove_prefix(client.send_some(left));
    core->poll();
  }
  ASSERT_FALSE(left.empty());
  Call& call = application.last();
  EXPECT_LE(call.body_size, 128u * 1024);
  pollfd ready{.fd = core->fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ready, 1, 0), 0) << "a paused connection would spin the loop";

  call.each_piece = [](Call&) {};
  call.exchange->want_body();
  ASSERT_TRUE(pump([&] {
    left.remove_prefix(client.send_some(left));
    return client.has("whole");
  }));
  EXPECT_EQ(call.body_size, size);
  EXPECT_EQ(call.body, body);
}

TEST_F(Body, PausedAtItsLastByteEndsWhenItIsWanted) {
  serve();
  application.on_call = [](Call& call) {
    call.each_piece = [](Call& reading) { reading.exchange->pause_body(); };
    call.then = [](Call& whole) { whole.answer(whole.body); };
  };
  Client& client = connect();
  client.send(post_of(5) + "hello");
  ASSERT_TRUE(pump([&] { return !application.calls.empty(); }));
  settle();
  EXPECT_EQ(application.last().events, "");
  application.last().exchange->want_body();
  ASSERT_TRUE(pump_until_has(client, "hello"));
}

TEST_F(Body, CutShortIsADisconnect) {
  serve();
  Client& client = connect();
  client.send(post_of(5) + "he");
  ASSERT_TRUE(pump([&] { return !application.calls.empty(); }));
  client.shut_down();
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(application.last().events, "disconnect ");
  EXPECT_EQ(client.received, "");
  EXPECT_EQ(core->active(), 0u);
}

/// A body of which more comes at a time than the first read takes, to an application with room.
class LongBody : public ServerTest {
 protected:
  static constexpr std::size_t size = 100'000;

  void serve_with_room(std::size_t room = 1'000'000) {
    serve();
    application.on_call = [room](Call& call) {
      call.room_size = room;
      call.then = [](Call& whole) { whole.answer("whole"); };
    };
  }
  static std::string body_of(std::size_t length) {
    std::string body(length, '\0');
    for (std::size_t at = 0; at < length; ++at) body[at] = static_cast<char>('a' + at * 7 % 26);
    return body;
  }
  /// As the socket takes it.
  bool pump_all(Client& client, std::string_view bytes, const std::function<bool()>& claim) {
    return pump([&] {
      if (!bytes.empty() && !client.is_closed) bytes.remove_prefix(client.send_some(bytes));
      return claim();
    });
  }
};

TEST_F(LongBody, IsReadToWhereTheApplicationKeepsIt) {
  serve_with_room();
  Client& client = connect();
  const std::string body = body_of(size);
  ASSERT_TRUE(pump_all(client, post_of(size) + body, [&] { return client.has("whole"); }));
  EXPECT_TRUE(application.last().body == body);
  EXPECT_GT(application.last().read_past, 0u);
}

TEST_F(LongBody, ThatHasComeIsThereWhenTheApplicationStarts) {
  serve();
  application.on_call = [](Call& call) { call.room_size = size; };
  Client& client = connect();
  const std::string body = body_of(40'000);
  client.send(post_of(body.size()) + body);
  ASSERT_TRUE(pump([&] { return !application.calls.empty() && application.last().body_at_start; }));
  EXPECT_TRUE(application.last().body_at_start == body);
  EXPECT_EQ(application.last().events, "end ");
}

TEST_F(LongBody, EndsWhereTheNextRequestBegins) {
  serve_with_room();
  Client& client = connect();
  const std::string body = body_of(size);
  const std::string both = post_of(size) + body + get_of("/next");
  ASSERT_TRUE(pump_all(client, both, [&] {
    return application.calls.size() == 2 && application.last().exchange == nullptr;
  }));
  EXPECT_TRUE(application.calls[0]->body == body);
  EXPECT_EQ(application.last().path, "/next");
  EXPECT_EQ(application.last().body, "");
}

TEST_F(LongBody, GoesOnInPiecesWhenTheRoomIsSmall) {
  serve_with_room(1'000);
  Client& client = connect();
  const std::string body = body_of(size);
  ASSERT_TRUE(pump_all(client, post_of(size) + body, [&] { return client.has("whole"); }));
  EXPECT_TRUE(application.last().body == body);
}

TEST_F(LongBody, WithoutRoomIsGivenInPieces) {
  serve_with_room(0);
  Client& client = connect();
  const std::string body = body_of(size);
  ASSERT_TRUE(pump_all(client, post_of(size) + body, [&] { return client.has("whole"); }));
  EXPECT_TRUE(application.last().body == body);
  EXPECT_GT(application.last().rooms, 0u);
}

TEST_F(LongBody, CutShortIsADisconnect) {
  serve_with_room();
  Client& client = connect();
  client.send(post_of(size) + body_of(40'000));
  client.shut_down();
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_TRUE(application.last().body == body_of(40'000));
  EXPECT_EQ(application.last().events, "disconnect ");
}

TEST_F(LongBody, CutByAResetIsADisconnect) {
  serve_with_room();
  Client& client = connect();
  client.send(post_of(size) + body_of(40'000));
  ASSERT_TRUE(pump([&] { return !application.calls.empty(); }));
  client.reset();
  ASSERT_TRUE(pump([&] { return application.last().events == "disconnect "; }));
  EXPECT_EQ(core->active() + core->idle(), 0u);
}

TEST_F(LongBody, ThatIsExpectedComesBehindItsContinue) {
  serve_with_room();
  Client& client = connect();
  client.send(post_of(size, "Expect: 100-continue\r\n"));
  ASSERT_TRUE(pump([&] { return !application.calls.empty(); }));
  application.last().exchange->want_body();
  ASSERT_TRUE(pump_until_has(client, "HTTP/1.1 100 Continue\r\n\r\n"));
  const std::string body = body_of(size);
  ASSERT_TRUE(pump_all(client, body, [&] { return client.has("whole"); }));
  EXPECT_TRUE(application.last().body == body);
}

TEST_F(LongBody, InChunksAsksForNoRoom) {
  serve_with_room();
  Client& client = connect();
  const std::string body = body_of(0x8000);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8000\r\n" + body +
              "\r\n0\r\n\r\n");
  ASSERT_TRUE(pump_until_has(client, "whole"));
  EXPECT_TRUE(application.last().body == body);
  EXPECT_EQ(application.last().rooms, 0u);
}

TEST_F(LongBody, OfAnAnsweredRequestAsksForNoRoom) {
  serve();
  application.on_call = [](Call& call) {
    call.room_size = size;
    call.answer("early");
  };
  Client& client = connect();
  client.send(post_of(40'000) + body_of(40'000) + get_of("/next"));
  ASSERT_TRUE(pump([&] { return application.calls.size() == 2; }));
  EXPECT_EQ(application.calls[0]->rooms, 0u);
  EXPECT_EQ(application.last().path, "/next");
}

TEST_F(LongBody, OfWhichTheLimitIsExceededAsksForNoRoom) {
  settings.limits.body = size - 1;
  serve_with_room();
  Client& client = connect();
  client.send(post_of(size) + body_of(40'000));
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received.substr(0, 12), "HTTP/1.1 413");
  EXPECT_TRUE(application.calls.empty());
}

TEST_F(LongBody, ThatIsPausedIsNotReadOn) {
  serve();
  application.on_call = [](Call& call) {
    call.room_size = 1'000'000;
    call.each_piece = [](Call& reading) { reading.exchange->pause_body(); };
    call.then = [](Call& whole) { whole.answer("whole"); };
  };
  Client& client = connect();
  const std::string body = body_of(size);
  std::string_view left = body;
  client.send(post_of(size));
  for (int turn = 0; turn < 20; ++turn) {
    left.remove_prefix(client.send_some(left));
    core->poll();
  }
  Call& call = application.last();
  EXPECT_GT(call.body_size, 0u);
  EXPECT_LT(call.body_size, size);
  EXPECT_EQ(call.read_past, 0u);
  call.each_piece = [](Call&) {};
  call.exchange->want_body();
  ASSERT_TRUE(pump_all(client, left, [&] { return client.has("whole"); }));
  EXPECT_TRUE(call.body == body);
}

class Disconnect : public ServerTest {};

TEST_F(Disconnect, OfTheSendingSideLeavesTheAnswer) {
  serve();
  Client& client = connect();
  client.send(get_request);
  client.shut_down();
  ASSERT_TRUE(pump([&] {
    return !application.calls.empty() && application.last().events == "end half-close ";
  }));
  pollfd ready{.fd = core->fd(), .events = POLLIN, .revents = 0};
  core->poll();
  EXPECT_EQ(::poll(&ready, 1, 0), 0) << "an end of input would spin the loop";
  application.last().answer("hi");
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received, hi_answer);
}

TEST_F(Disconnect, OfTheSendingSideLeavesAllPipelinedAnswers) {
  serve();
  Client& client = connect();
  client.send(get_of("/1") + get_of("/2"));
  client.shut_down();
  ASSERT_TRUE(pump([&] { return !application.calls.empty(); }));
  settle();
  application.last().answer("hi");
  ASSERT_TRUE(pump([&] { return application.calls.size() == 2; }));
  application.last().answer("hi");
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received, hi_answer + hi_answer);
}

TEST_F(Disconnect, ByResetIsTold) {
  serve();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump([&] { return core->active() == 1; }));
  client.reset();
  ASSERT_TRUE(pump([&] { return application.last().events == "end disconnect "; }));
  EXPECT_EQ(core->active() + core->idle(), 0u);
  EXPECT_EQ(empties, 1);
}

TEST_F(Disconnect, WhileStreamingIsTold) {
  serve();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump([&] { return core->active() == 1; }));
  Call& call = application.last();
  call.exchange->start(200, {});
  client.leave();
  ASSERT_TRUE(pump([&] {
    if (call.exchange != nullptr) call.exchange->write("more");
    return call.exchange == nullptr;
  }));
  EXPECT_EQ(call.events, "end half-close disconnect ");
}

TEST_F(Disconnect, BetweenRequestsCloses) {
  serve();
  answer_at_once();
  Client& client = connect();
  client.send(get_request + "GET / HT");
  ASSERT_TRUE(pump_until_has(client, "hi"));
  client.shut_down();
  ASSERT_TRUE(pump_until_closed(client));
  EXPECT_EQ(client.received, hi_answer);
}

class Flow : public ServerTest {};

TEST_F(Flow, AFullBufferTellsTheApplicationToWait) {
  serve();
  Client& client = connect();
  client.send(get_request);
  ASSERT_TRUE(pump([&] { return core->active() == 1; }));
  Call& call = application.last();
  call.exchange->start(200, {});
  const std::string piece(32 * 1024, 'x');
  std::size_t written = 0;
  while (call.exchange->write(piece) == http::Accepted::yes) {
    written += piece.size();
    ASSERT_LT(written, 100'000'000u);
  }
  for (int turn = 0; turn < 10; ++turn) {
    core->poll();
    core->flush();
  }
  EXPECT_EQ(call.events, "end ");
  ASSERT_TRUE(pump([&] { return call.events == "end writable "; }));
  call.exchange->finish();
  ASSERT_TRUE(pump_until_has(client, "\r\n0\r\n\r\n"));
}

TEST_F(Flow, TwoHundredMegabytesGoUpAndDown) {
  serve();
  std::size_t most_in = 0;
  application.on_call = [&](Call& call) {
    call.keeps_body = false;
    call.each_piece = [&, before = std::uint64_t{0}](Call& reading) mutable {
      most_in = std::max<std::size_t>(most_in, reading.body_size - before);
      before = reading.body_size;
    };
    call.then = [](Call& whole) {
      whole.exchange->start(200, {});
      whole.body_size = 0;
      const auto stream = [](Call& writing) {
        static const std::string piece(50'000, 'y');
        for (;;) {
          if (writing.body_size == 200'000'000) return writing.exchange->finish();
          writing.body_size += piece.size();
          if (writing.exchange->write(piece) == http::Accepted::full) return;
        }
      };
      whole.when_writable = stream;
      stream(whole);
    };
  };
  Client& client = connect();
  const std::size_t size = 200'000'000;
  client.send(post_of(size));
  const std::string piece(256 * 1024, 'x');
  std::size_t left = size;
  std::size_t got = 0;
  bool whole = false;
  ASSERT_TRUE(pump([&] {
    if (left > 0) left -= client.send_some(std::string_view{piece}.substr(0, left));
    got += client.received.size();
    whole = client.received.ends_with("\r\n0\r\n\r\n");
    client.received.clear();
    return whole;
  }));
  EXPECT_GT(got, size);
  EXPECT_EQ(left, 0u);
  EXPECT_LE(most_in, 64u * 1024);
}

}  // namespace
}  // namespace asgi_worker::server
