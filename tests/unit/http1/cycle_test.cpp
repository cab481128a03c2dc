#include "asgi-worker/http1/cycle.hpp"

#include <gtest/gtest.h>

namespace asgi_worker::http1 {
namespace {

using Next = Cycle::Next;
using Body = AnswerFraming::Body;

Head request(Framing framing = Framing::none) {
  Head head;
  head.method = "GET";
  head.framing = framing;
  return head;
}

Cycle begun(const Head& head) {
  Cycle cycle;
  cycle.begin(head);
  return cycle;
}

TEST(Cycle, GoesOnToTheNextRequest) {
  Cycle cycle = begun(request());
  cycle.note_start({.body = Body::chunked});
  EXPECT_EQ(cycle.finish(), Next::request);
}

TEST(Cycle, ClosesWhenTheClientAsksForIt) {
  Head head = request();
  head.keep_alive = false;
  EXPECT_FALSE(begun(head).answer_head(true).keep_alive);
}

TEST(Cycle, ClosesWhenTheServerWouldNotKeep) {
  EXPECT_FALSE(begun(request()).answer_head(false).keep_alive);
  EXPECT_TRUE(begun(request()).answer_head(true).keep_alive);
}

TEST(Cycle, SkipsABodyThatNobodyRead) {
  Cycle cycle = begun(request(Framing::length));
  cycle.note_start({.body = Body::chunked});
  EXPECT_EQ(cycle.finish(), Next::skip_body);
  cycle.note_body_end();
  EXPECT_EQ(cycle.finish(), Next::request);
}

TEST(Cycle, ClosesAfterAnAnswerShorterThanItsLength) {
  Cycle cycle = begun(request());
  cycle.note_start({.body = Body::length, .length = 10});
  EXPECT_EQ(cycle.count_written(4), 4u);
  EXPECT_EQ(cycle.body_left(), 6u);
  EXPECT_EQ(cycle.finish(), Next::close);
}

TEST(Cycle, TakesNoMoreThanTheLength) {
  Cycle cycle = begun(request());
  cycle.note_start({.body = Body::length, .length = 10});
  EXPECT_EQ(cycle.count_written(12), 10u);
  EXPECT_EQ(cycle.count_written(1), 0u);
  EXPECT_EQ(cycle.finish(), Next::request);
}

TEST(Cycle, DropsTheBodyOfAnAnswerToHead) {
  Head head = request();
  head.method = "HEAD";
  Cycle cycle = begun(head);
  EXPECT_TRUE(cycle.answer_head(true).to_head);
  cycle.note_start({.body = Body::none});
  EXPECT_EQ(cycle.count_written(5), 0u);
  EXPECT_EQ(cycle.body_left(), std::nullopt);
  EXPECT_EQ(cycle.finish(), Next::request);
}

Head expecting() {
  Head head = request(Framing::length);
  head.expects_continue = true;
  return head;
}

TEST(Cycle, SaysContinueOnceWhenTheBodyIsWanted) {
  Cycle cycle = begun(expecting());
  EXPECT_TRUE(cycle.take_continue());
  EXPECT_FALSE(cycle.take_continue());
  EXPECT_TRUE(cycle.answer_head(true).keep_alive);
}

TEST(Cycle, SaysNoContinueWhenTheBodyHasCome) {
  Cycle cycle = begun(expecting());
  cycle.note_body();
  EXPECT_FALSE(cycle.take_continue());
}

TEST(Cycle, SaysNoContinueAfterTheHeadOfTheAnswer) {
  Cycle cycle = begun(expecting());
  cycle.note_start({});
  EXPECT_FALSE(cycle.take_continue());
}

TEST(Cycle, ClosesWhenContinueWasNeverSaid) {
  EXPECT_FALSE(begun(expecting()).answer_head(true).keep_alive);
}

TEST(Cycle, SaysContinueOnlyToThoseWhoWait) {
  EXPECT_FALSE(begun(request(Framing::length)).take_continue());
}

}  // namespace
}  // namespace asgi_worker::http1
