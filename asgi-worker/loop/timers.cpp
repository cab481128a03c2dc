#include "asgi-worker/loop/timers.hpp"

#include "asgi-worker/loop/handle.hpp"

namespace asgi_worker::loop {

using python::Ref;
using python::steal;

void Timers::add(Ref timer) {
  set_scheduled(timer.get(), true);
  heap_.add(timing_of(timer.release()));
}

void Timers::remove(PyObject* timer) {
  if (Timing& timing = timing_of(timer); timing.place != 0) take(timing);
}

Ref Timers::take(Timing& timing) {
  heap_.remove(timing);
  Ref timer = steal(timer_of(timing));
  set_scheduled(timer.get(), false);
  return timer;
}

void Timers::clear() {
  for (Timing* const timing : heap_.clear()) {
    const Ref timer = steal(timer_of(*timing));
    set_scheduled(timer.get(), false);
  }
}

}  // namespace asgi_worker::loop
