#include "asgi-worker/loop/timers.hpp"

#include <utility>

#include "asgi-worker/loop/handle.hpp"

namespace asgi_worker::loop {

using python::Ref;

double Timers::next() const { return timing_of(heap_.front().get()).when; }

void Timers::add(Ref timer) {
  set_scheduled(timer.get(), true);
  timing_of(timer.get()).sequence = ++made_;
  heap_.emplace_back();
  put(heap_.size() - 1, std::move(timer));
  sift_up(heap_.size() - 1);
}

Ref Timers::take_first() { return take(0); }

void Timers::remove(PyObject* timer) {
  if (const std::size_t place = timing_of(timer).place; place != 0) take(place - 1);
}

void Timers::clear() {
  const auto all = std::move(heap_);
  heap_.clear();
  for (const Ref& timer : all) {
    timing_of(timer.get()).place = 0;
    set_scheduled(timer.get(), false);
  }
}

bool Timers::is_before(const Ref& left, const Ref& right) {
  const Timing& one = timing_of(left.get());
  const Timing& other = timing_of(right.get());
  return one.when < other.when || (one.when == other.when && one.sequence < other.sequence);
}

void Timers::put(std::size_t index, Ref timer) {
  timing_of(timer.get()).place = index + 1;
  heap_[index] = std::move(timer);
}

void Timers::sift_up(std::size_t index) {
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (!is_before(heap_[index], heap_[parent])) return;
    Ref lower = std::move(heap_[parent]);
    put(parent, std::move(heap_[index]));
    put(index, std::move(lower));
    index = parent;
  }
}

void Timers::sift_down(std::size_t index) {
  for (;;) {
    std::size_t least = 2 * index + 1;
    if (least >= heap_.size()) return;
    if (least + 1 < heap_.size() && is_before(heap_[least + 1], heap_[least])) ++least;
    if (!is_before(heap_[least], heap_[index])) return;
    Ref upper = std::move(heap_[index]);
    put(index, std::move(heap_[least]));
    put(least, std::move(upper));
    index = least;
  }
}

Ref Timers::take(std::size_t index) {
  Ref taken = std::move(heap_[index]);
  Ref last = std::move(heap_.back());  // null when it is the one that was taken
  heap_.pop_back();
  if (index < heap_.size()) {
    put(index, std::move(last));
    sift_down(index);
    sift_up(index);
  }
  timing_of(taken.get()).place = 0;
  set_scheduled(taken.get(), false);
  return taken;
}

}  // namespace asgi_worker::loop
