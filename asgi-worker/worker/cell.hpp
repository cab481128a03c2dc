// A worker's place in memory that it shares with the arbiter: what it tells by writing, without a
// system call, and what can be read after its death. Owned by Cells, which the arbiter makes before
// it forks; each side writes its own words only, the other one reads them whenever it likes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace asgi_worker::worker {

struct Cell {
  // By the worker.
  std::atomic<std::int64_t> beat_ms{0};  // steady clock at the loop's last turn; 0: none as yet
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint32_t> connections{0};
  std::atomic<bool> is_accepting{false};
  std::atomic<std::uint32_t> last_size{0};
  char last[224] = "";  // "GET /path", the request that came last

  // By the arbiter.
  std::atomic<bool> is_in_use{false};
  std::atomic<bool> is_retiring{false};  // TERM means: your successor serves

  void beat() { beat_ms.store(now_ms(), std::memory_order_relaxed); }
  void note_request(std::string_view method, std::string_view path);
  std::string last_request() const;
  void clear();

  static std::int64_t now_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
  }
};

/// Room for all workers that there may be at one time. A worker without a cell serves all the same.
class Cells {
 public:
  static constexpr std::size_t count = 1024;

  Cells();
  ~Cells();
  Cells(const Cells&) = delete;
  Cells& operator=(const Cells&) = delete;

  /// A free one, cleared; null when there is none.
  Cell* take();
  static void give_back(Cell* cell) {
    if (cell != nullptr) cell->is_in_use = false;
  }
  std::size_t index_of(const Cell* cell) const { return static_cast<std::size_t>(cell - cells_); }
  Cell* at(std::size_t index) const { return index < count ? cells_ + index : nullptr; }
  /// All that have ever been in use.
  std::span<const Cell> used() const {
    return {cells_, cells_ == nullptr ? 0U : most_used_->load()};
  }

 private:
  Cell* cells_ = nullptr;
  std::atomic<std::uint32_t>* most_used_ = nullptr;  // behind them
};

}  // namespace asgi_worker::worker
