#include "asgi-worker/loop/timer_heap.hpp"

#include <utility>

namespace asgi_worker::loop {
namespace {

bool is_before(const Timing& one, const Timing& other) {
  return one.when < other.when || (one.when == other.when && one.sequence < other.sequence);
}

}  // namespace

void TimerHeap::add(Timing& timer) {
  timer.sequence = ++made_;
  timers_.push_back(&timer);
  put(timers_.size() - 1, timer);
  sift_up(timers_.size() - 1);
}

void TimerHeap::remove(Timing& timer) {
  const std::size_t index = timer.place - 1;
  Timing& last = *timers_.back();
  timers_.pop_back();
  timer.place = 0;
  if (&last == &timer) return;
  put(index, last);
  sift_down(index);
  sift_up(last.place - 1);
}

std::vector<Timing*> TimerHeap::clear() {
  auto all = std::exchange(timers_, {});
  for (Timing* const timer : all) timer->place = 0;
  return all;
}

void TimerHeap::put(std::size_t index, Timing& timer) {
  timers_[index] = &timer;
  timer.place = index + 1;
}

void TimerHeap::sift_up(std::size_t index) {
  Timing& rising = *timers_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (!is_before(rising, *timers_[parent])) break;
    put(index, *timers_[parent]);
    index = parent;
  }
  put(index, rising);
}

void TimerHeap::sift_down(std::size_t index) {
  Timing& sinking = *timers_[index];
  for (;;) {
    std::size_t least = 2 * index + 1;
    if (least >= timers_.size()) break;
    if (least + 1 < timers_.size() && is_before(*timers_[least + 1], *timers_[least])) ++least;
    if (!is_before(*timers_[least], sinking)) break;
    put(index, *timers_[least]);
    index = least;
  }
  put(index, sinking);
}

}  // namespace asgi_worker::loop
