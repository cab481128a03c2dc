// What a worker has answered, counted in memory that it shares with the arbiter: each slot has one
// writer at a time, and keeps its counts when the worker dies and another one takes the slot, so
// that the sum over all slots is the sum over all workers there ever were.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace asgi_worker::worker {

struct Counters {
  static constexpr int first_status = 100;
  static constexpr int statuses = 500;
  /// Upper bounds of the durations' buckets, in seconds; one more bucket has all that is slower.
  static constexpr std::array bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                     0.25,  0.5,    1.0,   2.5,  5.0,   10.0};
  using Count = std::atomic<std::uint64_t>;

  Count by_status[statuses];
  Count by_duration[bounds.size() + 1];
  Count microseconds;
  Count bytes;
  Count connections;  // open now; 0 when the worker has ended

  void count(int status, std::uint64_t body_bytes, std::chrono::nanoseconds took);
};

/// The sum of some.
struct Totals {
  std::array<std::uint64_t, Counters::statuses> by_status{};
  std::array<std::uint64_t, Counters::bounds.size() + 1> by_duration{};
  std::uint64_t microseconds = 0;
  std::uint64_t bytes = 0;
  std::uint64_t connections = 0;

  std::uint64_t answers() const;
};

/// A slot for each of `count` workers; made by the arbiter before it forks.
class AllCounters {
 public:
  explicit AllCounters(std::size_t count);
  ~AllCounters();
  AllCounters(const AllCounters&) = delete;
  AllCounters& operator=(const AllCounters&) = delete;

  /// Null when memory was short.
  Counters* at(std::size_t index) const {
    return slots_ != nullptr && index < count_ ? slots_ + index : nullptr;
  }
  Totals totals() const;

 private:
  std::size_t count_;
  Counters* slots_ = nullptr;
};

}  // namespace asgi_worker::worker
