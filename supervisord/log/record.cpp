#include "supervisord/log/record.hpp"

#include <algorithm>
#include <cstring>

namespace supervisord::log {
namespace {

bool can_be(const Slot& slot) {
  return slot.state <= RecordState::rotating && slot.size <= buffer_bytes &&
         slot.from <= slot.upto && slot.upto <= slot.size;
}

Recovery recover_reading(Slot slot, const Found& found) {
  if (found.marks.first) return {};  // the read never happened: the pipe still has it all
  // Never seen with the buffer in memory for good: part of the read was copied when the kill came.
  // How much cannot be known, and the rest of the buffer is older output.
  if (found.marks.last) return {RecoveryStep::nothing, {}, Surprise::part_lost};
  slot.state = RecordState::writing;
  slot.from = 0;
  slot.upto = slot.size;
  slot.base = found.offset;
  return {RecoveryStep::cut_and_write, slot, Surprise::none};
}

Recovery recover_writing(Slot slot, const Found& found) {
  const bool ours = found.offset >= slot.base && found.offset - slot.base <= slot.upto - slot.from;
  if (ours) slot.from += static_cast<std::uint32_t>(found.offset - slot.base);
  slot.base = found.offset;
  return {RecoveryStep::write, slot, ours ? Surprise::none : Surprise::foreign_write};
}

Recovery recover_rotating(Slot slot, const Found& found) {
  if (found.file == slot.old_file) return {RecoveryStep::rotate, slot, Surprise::none};
  slot.state = RecordState::writing;
  slot.upto = slot.size;
  slot.base = found.offset;
  return {RecoveryStep::cut_and_write, slot, Surprise::none};
}

}  // namespace

std::string_view record_state_name(RecordState state) {
  switch (state) {
    case RecordState::idle: return "IDLE";
    case RecordState::reading: return "READING";
    case RecordState::writing: return "WRITING";
    case RecordState::rotating: return "ROTATING";
  }
  return "UNKNOWN";
}

Slot Record::current() const {
  const Slot slot = page_->slots[page_->index.load(std::memory_order_acquire) & 1];
  return can_be(slot) ? slot : Slot{};
}

void Record::commit(Slot slot) {
  const std::uint32_t index = page_->index.load(std::memory_order_relaxed);
  slot.sequence = page_->slots[index & 1].sequence + 1;
  page_->slots[(index + 1) & 1] = slot;
  page_->index.store(index + 1, std::memory_order_release);
}

void place_marks(std::span<char> piece, const Mark& mark) {
  const std::size_t size = std::min(piece.size(), mark_bytes);
  std::memcpy(piece.data(), mark.data(), size);
  if (piece.size() >= 2 * mark_bytes) {
    std::memcpy(piece.data() + piece.size() - mark_bytes, mark.data(), mark_bytes);
  }
}

MarksSeen look_for_marks(std::span<const char> piece, const Mark& mark) {
  const std::size_t size = std::min(piece.size(), mark_bytes);
  MarksSeen seen;
  seen.first = std::memcmp(piece.data(), mark.data(), size) == 0;
  seen.last = piece.size() >= 2 * mark_bytes &&
              std::memcmp(piece.data() + piece.size() - mark_bytes, mark.data(), mark_bytes) == 0;
  return seen;
}

Recovery recover(const Slot& slot, const Found& found) {
  switch (slot.state) {
    case RecordState::idle: return {};
    case RecordState::reading: return recover_reading(slot, found);
    case RecordState::writing: return recover_writing(slot, found);
    case RecordState::rotating: return recover_rotating(slot, found);
  }
  return {};
}

std::uint32_t cut(std::span<const char> piece, std::uint32_t from, std::uint64_t offset,
                  std::uint64_t limit) {
  const auto size = static_cast<std::uint32_t>(piece.size());
  if (limit == 0 || offset + (size - from) < limit) return size;
  const std::string_view rest{piece.data() + from, size - from};
  const std::uint64_t room = limit > offset ? limit - offset : 0;
  const auto fits = static_cast<std::size_t>(std::min<std::uint64_t>(room, rest.size()));
  std::size_t newline = rest.substr(0, fits).rfind('\n');
  if (newline == std::string_view::npos) newline = rest.find('\n', fits);
  if (newline == std::string_view::npos) return size;
  return from + static_cast<std::uint32_t>(newline) + 1;
}

}  // namespace supervisord::log
