#include "asgi-worker/worker/cell_share.hpp"

namespace asgi_worker::worker {

bool CellShare::is_above(std::span<const Cell> cells, const Cell& mine) {
  std::uint64_t total = 0;
  std::uint64_t workers = 0;
  for (const Cell& cell : cells) {
    if (!cell.is_in_use || !cell.is_accepting) continue;
    total += cell.connections;
    ++workers;
  }
  return workers > 1 && mine.connections >= total / workers + slack;
}

}  // namespace asgi_worker::worker
