#include "asgi-worker/worker/counters.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <numeric>

namespace asgi_worker::worker {
namespace {

void add(Counters::Count& count, std::uint64_t value) {  // the only writer: no locked instruction
  count.store(count.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
}

}  // namespace

void Counters::count(int status, std::uint64_t body_bytes, std::chrono::nanoseconds took) {
  const int index = status - first_status;
  if (index < 0 || index >= statuses) return;
  add(by_status[index], 1);
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bucket = std::ranges::lower_bound(bounds, seconds) - bounds.begin();
  add(by_duration[bucket], 1);
  add(microseconds, static_cast<std::uint64_t>(std::max(seconds * 1e6, 0.0)));
  add(bytes, body_bytes);
}

std::uint64_t Totals::answers() const {
  return std::accumulate(by_status.begin(), by_status.end(), std::uint64_t{0});
}

AllCounters::AllCounters(std::size_t count) : count_{count} {
  void* const memory = ::mmap(nullptr, count * sizeof(Counters), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory != MAP_FAILED) slots_ = static_cast<Counters*>(memory);  // zeros are their start
}

AllCounters::~AllCounters() {
  if (slots_ != nullptr) ::munmap(slots_, count_ * sizeof(Counters));
}

Totals AllCounters::totals() const {
  Totals sum;
  for (std::size_t index = 0; slots_ != nullptr && index < count_; ++index) {
    const Counters& slot = slots_[index];
    for (std::size_t status = 0; status < sum.by_status.size(); ++status)
      sum.by_status[status] += slot.by_status[status].load(std::memory_order_relaxed);
    for (std::size_t bucket = 0; bucket < sum.by_duration.size(); ++bucket)
      sum.by_duration[bucket] += slot.by_duration[bucket].load(std::memory_order_relaxed);
    sum.microseconds += slot.microseconds.load(std::memory_order_relaxed);
    sum.bytes += slot.bytes.load(std::memory_order_relaxed);
    sum.connections += slot.connections.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace asgi_worker::worker
