// The timer handles that wait for their time: a binary heap that knows each one's place, so that a
// cancelled one leaves at once. Owned by the Loop; GIL held.
#pragma once

#include <cstdint>
#include <vector>

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::loop {

class Timers {
 public:
  bool is_empty() const { return heap_.empty(); }
  const std::vector<python::Ref>& all() const { return heap_; }
  /// Of the earliest; there is one.
  double next() const;

  void add(python::Ref timer);
  /// The earliest; there is one.
  python::Ref take_first();
  /// Nothing when it is not here.
  void remove(PyObject* timer);
  void clear();

 private:
  static bool is_before(const python::Ref& left, const python::Ref& right);
  void put(std::size_t index, python::Ref timer);
  void sift_up(std::size_t index);
  void sift_down(std::size_t index);
  python::Ref take(std::size_t index);

  std::vector<python::Ref> heap_;
  std::uint64_t made_ = 0;
};

}  // namespace asgi_worker::loop
