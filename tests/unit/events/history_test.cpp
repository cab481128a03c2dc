#include "supervisord/events/history.hpp"

#include <gtest/gtest.h>

namespace supervisord::events {
namespace {

Event event_named(const std::string& process) {
  return {.type = "PROCESS_STATE_RUNNING",
          .group = "web",
          .process = process,
          .to = process::State::running,
          .pid = 7};
}

TEST(History, NumbersEventsFromOne) {
  auto history = History::make(77);
  ASSERT_TRUE(history);
  EXPECT_EQ(history->add(event_named("a")).serial, 1U);
  EXPECT_EQ(history->add(event_named("b")).serial, 2U);
  const auto replay = history->since({77, 1});
  ASSERT_EQ(replay.events.size(), 1U);
  EXPECT_EQ(replay.events[0].process, "b");
  EXPECT_EQ(replay.events[0].epoch, 77U);
  EXPECT_EQ(replay.lost, 0U);
}

TEST(History, SuccessorGoesOnWhereTheLastDaemonWas) {
  auto first = History::make(77);
  ASSERT_TRUE(first);
  first->add(event_named("a"));
  auto copy = common::duplicate(first->fd());
  ASSERT_TRUE(copy);
  auto second = History::open(std::move(*copy), 77);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->add(event_named("b")).serial, 2U);
  const auto replay = second->since({77, 0});
  ASSERT_EQ(replay.events.size(), 2U);
  EXPECT_EQ(replay.events[0].process, "a");
}

TEST(History, SaysHowManyItHasForgotten) {
  auto history = History::make(1);
  ASSERT_TRUE(history);
  for (int i = 0; i < 1030; ++i) history->add(event_named(std::to_string(i)));
  const auto replay = history->since({1, 0});
  EXPECT_EQ(replay.lost, 6U);
  ASSERT_EQ(replay.events.size(), 1024U);
  EXPECT_EQ(replay.events.front().process, "6");
}

TEST(History, GivesWhatItHasToAClientOfAnotherEpoch) {
  auto history = History::make(2);
  ASSERT_TRUE(history);
  history->add(event_named("a"));
  const auto replay = history->since({1, 500});
  EXPECT_EQ(replay.events.size(), 1U);
  EXPECT_EQ(replay.lost, 1U);
}

TEST(History, KeepsAnEventWhosePayloadDoesNotFit) {
  auto history = History::make(1);
  ASSERT_TRUE(history);
  Event event = event_named("a");
  event.payload = std::string(5000, 'x');
  EXPECT_EQ(history->add(event).payload.size(), 5000U);
  const auto replay = history->since({1, 0});
  ASSERT_EQ(replay.events.size(), 1U);
  EXPECT_EQ(replay.events[0].payload, "");
}

TEST(History, RefusesMemoryOfAnotherSize) {
  auto pipe = common::make_pipe();
  ASSERT_TRUE(pipe);
  EXPECT_FALSE(History::open(std::move(pipe->read_end), 1));
}

}  // namespace
}  // namespace supervisord::events
