// The mechanism of one event loop: what is ready, what waits for its time, what waits for a
// descriptor. One turn (run_once) waits once, tells who waited, and calls what was ready by then.
// Owned by its Python object (loop_type.cpp), whose class inherits the rest from asyncio. Its own
// thread with the GIL held, but for push_from_any_thread(), which needs the GIL alone.
#pragma once

#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "asgi-worker/loop/guest.hpp"
#include "asgi-worker/loop/handle.hpp"
#include "asgi-worker/loop/poller.hpp"
#include "asgi-worker/loop/timers.hpp"
#include "asgi-worker/loop/types.hpp"
#include "asgi-worker/loop/watch.hpp"

namespace asgi_worker::loop {

/// What a protocol is called by; made once a loop.
struct ProtocolNames {
  python::Ref data_received, get_buffer, buffer_updated, datagram_received;
};

class Loop {
 public:
  static constexpr std::size_t read_size = 256 * 1024;

  /// `self` owns this; `types` outlives it.
  Loop(PyObject* self, const Types& types);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// False with a Python error set.
  bool open();
  /// Forgets what waits and closes the descriptors. Again: nothing.
  void close();

  PyObject* self() const { return self_; }
  const Types& kinds() const { return types_; }
  const HandleTypes& types() const { return types_.handles; }
  const ProtocolNames& names() const { return names_; }
  Poller& poller() { return poller_; }

  /// Handles of any kind of asyncio's.
  void push(python::Ref handle) { ready_.push_back(std::move(handle)); }
  void push_from_any_thread(python::Ref handle);
  /// A new handle, pushed; null with a Python error set.
  python::Ref call_soon(const Call& call);
  void add_timer(python::Ref timer) { timers_.add(std::move(timer)); }
  void remove_timer(PyObject* timer) { timers_.remove(timer); }
  const std::deque<python::Ref>& ready() const { return ready_; }
  const Timers& timers() const { return timers_; }

  Watches& watches() { return watches_; }
  /// Kept until no event of this turn can name it.
  void retire(std::unique_ptr<common::EventSink> sink) { retired_.push_back(std::move(sink)); }
  /// A transport lives while its descriptor is watched, and to the end of that turn.
  void hold(PyObject* object) { held_.try_emplace(object, python::borrow(object)); }
  void release(PyObject* object);

  /// False with a Python error set, which ends the run.
  bool run_once();

  /// There is room for one.
  bool has_guest() const { return guest_ != nullptr; }
  void attach(Guest& guest) { guest_ = &guest; }
  void detach(const Guest& guest) {
    if (guest_ == &guest) guest_ = nullptr;
  }
  void wake_guest() { guest_is_due_ = true; }

  /// Where all transports read to: an idle connection holds no memory for it.
  char* read_space();
  static double now();

  /// {"loop": self}, which futures and tasks are made with; null with a Python error set.
  python::Ref keywords();

  python::Ref task_factory;
  bool debug = false;
  bool closed = false;
  bool stopping = false;

  int traverse(visitproc visit, void* argument) const;

 private:
  bool wait();
  int poll(Poller::Duration most);
  bool tell(int count);
  void push_due_timers();
  bool run_ready();
  bool run(const python::Ref& handle);
  bool run_and_measure(const python::Ref& handle);
  bool report_failure(const python::Ref& handle);
  void flush_guest();
  Poller::Duration time_to_wait();
  bool leave_parents_instance();
  void forget_retired();

  PyObject* self_;
  const Types& types_;
  ProtocolNames names_;
  python::Ref keywords_;  // null when it is closed, or none was needed yet
  Poller poller_;
  std::deque<python::Ref> ready_;
  Timers timers_;
  Watches watches_{*this};
  std::vector<std::unique_ptr<common::EventSink>> retired_;
  std::unordered_map<PyObject*, python::Ref> held_;
  std::size_t timers_lately_ = 0;  // the most, one less for each wait since
  bool is_waiting_ = false;        // without the GIL
  std::vector<python::Ref> kept_;  // no longer held, but perhaps named by an event of this turn
  Guest* guest_ = nullptr;
  bool guest_is_due_ = false;
  unsigned forks_;  // of this process's line, when the epoll instance was made
  std::unique_ptr<char[]> read_space_;
};

}  // namespace asgi_worker::loop
