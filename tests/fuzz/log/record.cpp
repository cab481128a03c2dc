// Any bytes as the page of a predecessor: recovery and cut never leave the buffer, and what is left
// to write is never more than there was.
#include "supervisord/log/record.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

using namespace supervisord::log;

namespace {

struct alignas(64) Page {
  char bytes[record_bytes];
};
Page page;
char buffer[buffer_bytes];

void check(bool claim) {
  if (!claim) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  std::memset(page.bytes, 0, sizeof page.bytes);
  const std::size_t head = std::min(size, sizeof(RecordPage));
  std::memcpy(page.bytes, data, head);
  data += head;
  size -= head;
  std::memcpy(buffer, data, std::min(size, sizeof buffer));

  const Slot slot = Record{*reinterpret_cast<RecordPage*>(page.bytes)}.current();
  check(slot.size <= buffer_bytes);
  const std::span<const char> piece{buffer, slot.size};
  for (const std::uint64_t offset : {slot.base, slot.base + 1, slot.base - 1, std::uint64_t{0}}) {
    for (const FileId& file : {slot.old_file, FileId{}}) {
      const Recovery recovery = recover(slot, {look_for_marks(piece, slot.mark), file, offset});
      if (recovery.step == RecoveryStep::nothing) continue;
      check(recovery.slot.size == slot.size);
      // A piece that was just read begins at 0, whatever else the slot says.
      if (slot.state != RecordState::reading) check(recovery.slot.from >= slot.from);
      check(recovery.slot.from <= recovery.slot.upto);
      check(recovery.slot.upto <= slot.size);
      const std::uint32_t upto = cut(piece, recovery.slot.from, offset, 100);
      check(upto >= recovery.slot.from && upto <= slot.size);
    }
  }
  return 0;
}
