#include "asgi-worker/worker/cell.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace asgi_worker::worker {

void Cell::note_request(std::string_view method, std::string_view path) {
  const std::size_t before = std::min(method.size(), std::size_t{31});
  const std::size_t rest = std::min(path.size(), sizeof last - before - 1);
  std::memcpy(last, method.data(), before);
  last[before] = ' ';
  std::memcpy(last + before + 1, path.data(), rest);
  last_size.store(static_cast<std::uint32_t>(before + 1 + rest), std::memory_order_release);
  requests.store(requests.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

/// What a client sent goes into a log line: nothing but visible ASCII.
std::string Cell::last_request() const {
  const std::size_t size = last_size.load(std::memory_order_acquire);
  std::string text{last, std::min(size, sizeof last)};
  std::ranges::replace_if(
      text, [](char byte) { return byte < ' ' || byte > '~'; }, '?');
  return text;
}

void Cell::clear() {
  beat_ms = 0;
  requests = 0;
  connections = 0;
  last_size = 0;
  is_accepting = false;
  is_retiring = false;
}

namespace {

constexpr std::size_t memory_size = (Cells::count + 1) * sizeof(Cell);

}  // namespace

Cells::Cells() {
  void* const memory =
      ::mmap(nullptr, memory_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  cells_ = static_cast<Cell*>(memory);  // zeros are a Cell's start
  most_used_ = reinterpret_cast<std::atomic<std::uint32_t>*>(cells_ + count);
}

Cells::~Cells() {
  if (cells_ != nullptr) ::munmap(cells_, memory_size);
}

Cell* Cells::take() {
  if (cells_ == nullptr) return nullptr;
  Cell* const free =
      std::find_if(cells_, cells_ + count, [](const Cell& cell) { return !cell.is_in_use.load(); });
  if (free == cells_ + count) return nullptr;
  free->clear();
  free->is_in_use = true;
  const auto used = static_cast<std::uint32_t>(index_of(free)) + 1;
  if (used > *most_used_) *most_used_ = used;
  return free;
}

}  // namespace asgi_worker::worker
