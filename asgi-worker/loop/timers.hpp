// The timer handles that wait for their time. Owned by the Loop, owns the handles; GIL held.
#pragma once

#include <vector>

#include "asgi-worker/loop/timer_heap.hpp"
#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::loop {

class Timers {
 public:
  bool is_empty() const { return heap_.is_empty(); }
  const std::vector<Timing*>& all() const { return heap_.all(); }
  /// Of the earliest; there is one.
  double next() const { return heap_.first().when; }

  void add(python::Ref timer);
  /// The earliest; there is one.
  python::Ref take_first() { return take(heap_.first()); }
  /// Nothing when it is not here.
  void remove(PyObject* timer);
  void clear();

 private:
  python::Ref take(Timing& timing);

  TimerHeap heap_;
};

}  // namespace asgi_worker::loop
