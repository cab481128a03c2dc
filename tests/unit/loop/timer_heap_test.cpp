#include "asgi-worker/loop/timer_heap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <random>

namespace asgi_worker::loop {
namespace {

/// The times of what the heap gives, earliest first, until it is empty.
std::vector<double> drained(TimerHeap& heap) {
  std::vector<double> times;
  while (!heap.is_empty()) {
    Timing& first = heap.first();
    times.push_back(first.when);
    heap.remove(first);
  }
  return times;
}

/// What remove() relies on: each one knows where it is, and nobody is before its parent.
void expect_whole(const TimerHeap& heap) {
  const auto& all = heap.all();
  for (std::size_t index = 0; index < all.size(); ++index) {
    ASSERT_EQ(all[index]->place, index + 1);
    const Timing& parent = *all[index == 0 ? 0 : (index - 1) / 2];
    ASSERT_LE(parent.when, all[index]->when);
  }
}

TEST(TimerHeap, GivesTheEarliestFirst) {
  std::array<Timing, 5> timers{{{3, 0, 0}, {1, 0, 0}, {2, 0, 0}, {-1, 0, 0}, {5, 0, 0}}};
  TimerHeap heap;
  for (Timing& timer : timers) heap.add(timer);
  EXPECT_EQ(drained(heap), (std::vector<double>{-1, 1, 2, 3, 5}));
}

TEST(TimerHeap, KeepsTheOrderOfThoseOfOneTime) {
  std::array<Timing, 50> timers{};
  TimerHeap heap;
  for (Timing& timer : timers) heap.add(timer);
  for (Timing& timer : timers) {
    EXPECT_EQ(&heap.first(), &timer);
    heap.remove(heap.first());
  }
}

TEST(TimerHeap, OneThatIsRemovedIsInNoHeap) {
  Timing timer{1, 0, 0};
  TimerHeap heap;
  heap.add(timer);
  EXPECT_EQ(timer.place, 1u);
  heap.remove(timer);
  EXPECT_EQ(timer.place, 0u);
  EXPECT_TRUE(heap.is_empty());
}

TEST(TimerHeap, OneThatWasRemovedCanBeAddedAgainAndIsTheLastMade) {
  std::array<Timing, 2> timers{};
  TimerHeap heap;
  for (Timing& timer : timers) heap.add(timer);
  heap.remove(timers[0]);
  heap.add(timers[0]);
  EXPECT_EQ(&heap.first(), &timers[1]);
}

TEST(TimerHeap, ACancelledOneLeavesNoTraceWhereverItLies) {
  for (std::size_t gone = 0; gone < 20; ++gone) {
    std::array<Timing, 20> timers{};
    TimerHeap heap;
    // Two branches of different times, so that the last one has to rise when it fills a gap.
    for (std::size_t index = 0; index < timers.size(); ++index) {
      timers[index].when =
          index % 2 == 0 ? 100.0 + static_cast<double>(index) : 1.0 * static_cast<double>(index);
      heap.add(timers[index]);
    }
    heap.remove(timers[gone]);
    expect_whole(heap);
    const auto times = drained(heap);
    EXPECT_EQ(times.size(), 19u);
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
    EXPECT_EQ(std::count(times.begin(), times.end(), timers[gone].when), 0);
  }
}

TEST(TimerHeap, StaysWholeWhileTimersComeAndGo) {
  std::mt19937 random{7};
  std::deque<Timing> timers(400);
  TimerHeap heap;
  for (int step = 0; step < 20'000; ++step) {
    Timing& timer = timers[random() % timers.size()];
    if (timer.place != 0) {
      heap.remove(timer);
    } else {
      timer.when = static_cast<double>(random() % 50);
      heap.add(timer);
    }
    if (step % 100 == 0) expect_whole(heap);
  }
  const auto waiting = std::count_if(timers.begin(), timers.end(),
                                     [](const Timing& timer) { return timer.place != 0; });
  EXPECT_EQ(heap.all().size(), static_cast<std::size_t>(waiting));
  const auto times = drained(heap);
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
}

TEST(TimerHeap, ClearGivesAllBack) {
  std::array<Timing, 3> timers{};
  TimerHeap heap;
  for (Timing& timer : timers) heap.add(timer);
  EXPECT_EQ(heap.clear().size(), 3u);
  EXPECT_TRUE(heap.is_empty());
  for (const Timing& timer : timers) EXPECT_EQ(timer.place, 0u);
}

}  // namespace
}  // namespace asgi_worker::loop
