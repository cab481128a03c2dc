// How connections are spread over the workers that accept from the same sockets: each says in its
// cell how many it has. Owned by the core's object. Pure, but for that memory.
#pragma once

#include <cstdint>
#include <span>

#include "asgi-worker/server/share.hpp"
#include "asgi-worker/worker/cell.hpp"

namespace asgi_worker::worker {

class CellShare final : public server::Share {
 public:
  /// So many more than the average are no matter.
  static constexpr std::uint64_t slack = 4;

  /// `cells` and `mine`, one of them, outlive this.
  CellShare(const Cells& cells, Cell& mine) : cells_{cells}, mine_{mine} {}

  void set_connections(std::size_t count) override {
    mine_.connections.store(static_cast<std::uint32_t>(count), std::memory_order_relaxed);
  }
  void set_accepting(bool is_accepting) override { mine_.is_accepting = is_accepting; }
  bool is_above() const override { return is_above(cells_.used(), mine_); }

  static bool is_above(std::span<const Cell> cells, const Cell& mine);

 private:
  const Cells& cells_;
  Cell& mine_;
};

}  // namespace asgi_worker::worker
