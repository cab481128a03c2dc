#include "asgi-worker/loop/loop.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <ctime>

#include "asgi-worker/python/error.hpp"
#include "asgi-worker/python/gil.hpp"

namespace asgi_worker::loop {
namespace {

using python::Ref;
using python::steal;

constexpr double clock_resolution = 1e-9;
/// A wait for timers is rounded up to this, and to asyncio's millisecond when there are many: each
/// turn has its price, and those that are due together share one.
constexpr Poller::Duration timer_step{250};
constexpr Poller::Duration crowded_timer_step{1'000};
constexpr std::size_t crowd = 40;
constexpr double longest_wait = 24 * 3600;  // asyncio's; a longer one is waited for again

/// How often this process is a child of the one that loaded us. A fact of the process, not of a
/// loop: each loop compares it with what it was when the loop's descriptors were made.
std::atomic<unsigned> forks{0};

void watch_forks() {
  static const int once = ::pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1); });
  static_cast<void>(once);
}

}  // namespace

Loop::Loop(PyObject* self, const Types& types) : self_{self}, types_{types} {
  watch_forks();
  forks_ = forks.load();
}

Loop::~Loop() { close(); }

bool Loop::open() {
  names_ = {steal(PyUnicode_InternFromString("data_received")),
            steal(PyUnicode_InternFromString("get_buffer")),
            steal(PyUnicode_InternFromString("buffer_updated")),
            steal(PyUnicode_InternFromString("datagram_received"))};
  if (!names_.data_received || !names_.get_buffer || !names_.buffer_updated ||
      !names_.datagram_received)
    return false;
  errno = poller_.open();
  if (errno != 0) PyErr_SetFromErrno(PyExc_OSError);
  return errno == 0;
}

void Loop::close() {
  guest_ = nullptr;
  // Emptied before anything is released: what is released may call us.
  const auto ready = std::exchange(ready_, {});
  const auto held = std::exchange(held_, {});
  const Ref keywords = std::exchange(keywords_, {});
  const Ref factory = std::exchange(task_factory, {});
  timers_.clear();
  poller_.close();
  watches_.clear();
  forget_retired();
}

double Loop::now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Ref Loop::keywords() {
  if (keywords_) return keywords_;
  Ref made = types_.futures.keywords_for(self_);
  if (!closed) keywords_ = made;
  return made;
}

char* Loop::read_space() {
  if (!read_space_) read_space_.reset(new char[read_size]);  // not make_unique, which zeroes it
  return read_space_.get();
}

void Loop::push_from_any_thread(Ref handle) {
  push(std::move(handle));
  // The GIL orders the two: the loop says that it waits before it lets go of it.
  if (is_waiting_) poller_.wake();
}

Ref Loop::call_soon(const Call& call) {
  Ref handle = debug ? types().handle_for_debug(self_, call) : types().handle(self_, call);
  if (handle) push(handle);
  return handle;
}

bool Loop::run_once() {
  if (!poller_.is_open()) {
    PyErr_SetString(PyExc_RuntimeError, "Event loop is closed");
    return false;
  }
  if (forks_ != forks.load() && !leave_parents_instance()) return false;
  if (!wait()) return false;
  push_due_timers();
  return run_ready();
}

bool Loop::leave_parents_instance() {
  forks_ = forks.load();
  guest_ = nullptr;  // the parent serves
  errno = poller_.renew_after_fork();
  if (errno != 0) PyErr_SetFromErrno(PyExc_OSError);
  return errno == 0;
}

Poller::Duration Loop::time_to_wait() {
  if (!ready_.empty() || stopping || guest_is_due_) return {};
  if (timers_.is_empty()) return Poller::no_limit;
  // They come and go in bunches: a crowd that was there a moment ago counts.
  timers_lately_ =
      std::max(timers_.all().size(), timers_lately_ - std::min<std::size_t>(timers_lately_, 1));
  const Poller::Duration step = timers_lately_ < crowd ? timer_step : crowded_timer_step;
  const std::chrono::duration<double> left{std::clamp(timers_.next() - now(), 0.0, longest_wait)};
  return step * static_cast<Poller::Duration::rep>(std::ceil(left / step));
}

bool Loop::wait() {
  const int count = poll(time_to_wait());
  if (count >= 0) return tell(count);
  if (count == -EINTR) return PyErr_CheckSignals() == 0;
  errno = -count;
  PyErr_SetFromErrno(PyExc_OSError);
  return false;
}

int Loop::poll(Poller::Duration most) {
  // Most turns of a busy loop find something: those keep the GIL, and no other thread's turn at it
  // is in the way. The look costs an idle loop 0.3 us, before it goes to sleep for much longer.
  const int ready = poller_.wait({});
  if (ready != 0 || most.count() == 0) return ready;
  is_waiting_ = true;
  int count = 0;
  {
    const python::Release released;
    count = poller_.wait(most);
  }
  is_waiting_ = false;
  return count;
}

bool Loop::tell(int count) {
  if (count == 0) return true;
  Guest* const guest = guest_;
  if (guest != nullptr) guest->begin_turn();
  bool is_fine = true;
  // What is left out when an error ends the run is reported again by the next wait.
  for (int index = 0; is_fine && index < count; ++index) {
    const epoll_event& event = poller_.event(index);
    static_cast<common::EventSink*>(event.data.ptr)->on_events(event.events);
    is_fine = PyErr_Occurred() == nullptr;
  }
  Ref error = is_fine ? Ref{} : python::take_exception();
  if (guest != nullptr && guest == guest_) guest->end_turn();
  forget_retired();
  if (error) python::raise(error);
  return is_fine;
}

void Loop::push_due_timers() {
  if (timers_.is_empty()) return;
  const double end = now() + clock_resolution;
  while (!timers_.is_empty() && timers_.next() < end) push(timers_.take_first());
}

bool Loop::run_ready() {
  // What these add is for the next turn, after another look at the descriptors.
  for (std::size_t count = ready_.size(); count != 0 && !ready_.empty(); --count) {
    const Ref handle = std::move(ready_.front());
    ready_.pop_front();
    if (is_cancelled(handle.get())) continue;
    if (!(debug ? run_and_measure(handle) : run(handle))) return false;
  }
  flush_guest();
  forget_retired();
  return true;
}

void Loop::forget_retired() {
  // Taken out first: what is released may run code that retires more.
  const auto retired = std::exchange(retired_, {});
  const auto kept = std::exchange(kept_, {});
}

void Loop::release(PyObject* object) {
  const auto found = held_.find(object);
  if (found == held_.end()) return;
  kept_.push_back(std::move(found->second));
  held_.erase(found);
}

void Loop::flush_guest() {
  if (!std::exchange(guest_is_due_, false) || guest_ == nullptr) return;
  guest_->flush();
}

bool Loop::run(const Ref& handle) { return call(handle.get()) || report_failure(handle); }

bool Loop::report_failure(const Ref& handle) {
  if (PyErr_ExceptionMatches(PyExc_SystemExit) || PyErr_ExceptionMatches(PyExc_KeyboardInterrupt))
    return false;
  const Ref exception = python::take_exception();
  return static_cast<bool>(
      steal(PyObject_CallMethod(self_, "_callback_failed", "OO", handle.get(), exception.get())));
}

bool Loop::run_and_measure(const Ref& handle) {
  if (PyObject_SetAttrString(self_, "_current_handle", handle.get()) != 0) return false;
  const double began = now();
  const bool is_fine = run(handle);
  const double took = now() - began;
  Ref error = is_fine ? Ref{} : python::take_exception();
  if (PyObject_SetAttrString(self_, "_current_handle", Py_None) != 0) return false;
  if (error) {
    python::raise(error);
    return false;
  }
  return static_cast<bool>(
      steal(PyObject_CallMethod(self_, "_callback_took", "Od", handle.get(), took)));
}

int Loop::traverse(visitproc visit, void* arg) const {
  Py_VISIT(keywords_.get());
  Py_VISIT(task_factory.get());
  for (const Ref& handle : ready_) Py_VISIT(handle.get());
  for (Timing* const timing : timers_.all()) Py_VISIT(timer_of(*timing));
  for (const Ref& object : kept_) Py_VISIT(object.get());
  for (const auto& [object, reference] : held_) Py_VISIT(object);
  return watches_.traverse(visit, arg);
}

}  // namespace asgi_worker::loop
