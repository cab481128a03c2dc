#include "supervisord/events/ticks.hpp"

#include <gtest/gtest.h>

namespace supervisord::events {
namespace {

using Tick = Ticks::Tick;

constexpr std::int64_t start = 1'700'000'001;  // 1 s behind a multiple of 5

TEST(Ticks, NothingIsDueAtFirst) {
  Ticks ticks;
  ticks.count({5, 60}, start);
  EXPECT_TRUE(ticks.look(start).empty());
  EXPECT_EQ(ticks.next(start), start + 4);
}

TEST(Ticks, ComeAtMultiplesNotRelativeToTheStart) {
  Ticks ticks;
  ticks.count({5}, start);
  EXPECT_TRUE(ticks.look(start + 3).empty());
  EXPECT_EQ(ticks.look(start + 4), (std::vector<Tick>{{5, start + 4}}));
  EXPECT_TRUE(ticks.look(start + 5).empty());
  EXPECT_EQ(ticks.next(start + 5), start + 9);
}

TEST(Ticks, TellWhenTheClockIsSetForwardOrBack) {
  Ticks ticks;
  ticks.count({5, 3600}, start);
  const auto forward = ticks.look(start + 7200);
  ASSERT_EQ(forward.size(), 2U);
  EXPECT_EQ(forward[0], (Tick{5, start + 7199}));
  EXPECT_EQ(forward[1].when % 3600, 0);
  EXPECT_EQ(ticks.look(start + 7200 - 60), (std::vector<Tick>{{5, start + 7199 - 60}}));
  EXPECT_EQ(ticks.next(start + 7140), start + 7144);
}

TEST(Ticks, CountOnlyWhatIsSubscribed) {
  Ticks ticks;
  ticks.count({5}, start);
  ticks.count({60}, start);
  EXPECT_EQ(ticks.look(start + 60).size(), 1U);
  ticks.count({}, start);
  EXPECT_FALSE(ticks.next(start));
}

TEST(Ticks, SuccessorTellsWhatWasDueMeanwhile) {
  Ticks first;
  first.count({5}, start);
  Ticks second{first.seen()};
  second.count({5}, start + 4);
  EXPECT_EQ(second.look(start + 4), (std::vector<Tick>{{5, start + 4}}));
}

TEST(Ticks, BearThePeriodInTheirType) { EXPECT_EQ(Ticks::type(3600), "TICK_3600"); }

}  // namespace
}  // namespace supervisord::events
