// Timers by their time, those of one time by which was made first: a binary heap that knows each
// one's place, so that one that is cancelled leaves at once. Pure: knows neither Python nor a
// clock. Owns nothing: whoever adds a timer keeps it until it has been taken out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace asgi_worker::loop {

/// What a timer carries for the heap.
struct Timing {
  double when;
  std::uint64_t sequence;  // of those with one time, the first made comes first
  std::size_t place;       // in the heap, from 1; 0: in none
};

class TimerHeap {
 public:
  bool is_empty() const { return timers_.empty(); }
  /// In no order, but for the earliest, which comes first.
  const std::vector<Timing*>& all() const { return timers_; }
  /// The earliest; there is one.
  Timing& first() const { return *timers_.front(); }

  /// One that is in no heap.
  void add(Timing& timer);
  /// One that is in this heap.
  void remove(Timing& timer);
  /// All that were in it.
  std::vector<Timing*> clear();

 private:
  void put(std::size_t index, Timing& timer);
  void sift_up(std::size_t index);
  void sift_down(std::size_t index);

  std::vector<Timing*> timers_;
  std::uint64_t made_ = 0;
};

}  // namespace asgi_worker::loop
