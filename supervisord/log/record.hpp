// What is known of the one large piece of output that the pump has in hand: a record in a page that
// outlives the daemon, and what a successor has to do about it.
// Pure: looks at memory that the caller has mapped; no system calls, no clock.
// One writer (the pump, on the daemon's loop); a successor reads it after the writer's death.
// Layout and recovery: docs/protocols/log-pump.md.
#pragma once

#include <array>
#include <atomic>
#include <compare>
#include <cstdint>
#include <span>
#include <string_view>

namespace supervisord::log {

constexpr std::size_t record_bytes = 4096;         // the record's page, before the buffer
constexpr std::size_t buffer_bytes = 1024 * 1024;  // the largest piece
constexpr std::size_t mark_bytes = 16;

enum class RecordState : std::uint32_t { idle = 0, reading = 1, writing = 2, rotating = 3 };

/// "IDLE", "READING", "WRITING", "ROTATING".
std::string_view record_state_name(RecordState state);

/// A file as the kernel knows it.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend auto operator<=>(const FileId&, const FileId&) = default;
};

using Mark = std::array<unsigned char, mark_bytes>;

/// One of the two slots. Only ever added to at its end; zeroes are an idle record.
struct Slot {
  RecordState state = RecordState::idle;
  std::uint32_t stream = 0;  // whose bytes lie in the buffer: the id of one pipe, never used again
  std::uint64_t sequence = 0;
  std::uint64_t base = 0;  // the file's offset at which buffer[from] belongs
  std::uint32_t size = 0;  // bytes in the buffer
  std::uint32_t from = 0;  // the first byte not known to be in the file when this was committed
  std::uint32_t upto = 0;  // end of the part that goes to the present file
  // Filtered on its way: 1 + the bytes that were read, which lie in the buffer's first half; 1
  // alone: held back until the pipe's end. 0: not filtered.
  std::uint32_t filtered = 0;
  FileId old_file;  // ROTATING: the file that is rotated away
  Mark mark{};      // random; lay in the buffer before the read
};
static_assert(sizeof(Slot) == 72);

/// The page: two slots, and which of them is in force. Zeroes are an empty one.
struct RecordPage {
  std::atomic<std::uint32_t> index;  // its last bit
  std::uint32_t version;
  std::uint64_t reserved;
  std::array<Slot, 2> slots;
};
static_assert(sizeof(RecordPage) <= record_bytes);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

/// The record over a page that the caller keeps mapped.
class Record {
 public:
  explicit Record(RecordPage& page) : page_{&page} {}
  /// The slot in force; an idle one where it holds what cannot be (sizes out of range).
  Slot current() const;
  /// Puts `slot` in force with the next sequence: after a kill at any moment the one before or this
  /// one is found, never a mixture.
  void commit(Slot slot);

 private:
  RecordPage* page_;
};

/// Whether the marks of a READING slot still lie in the buffer. The second one is there for pieces
/// of two marks and more.
struct MarksSeen {
  bool first = false;
  bool last = false;
};
void place_marks(std::span<char> piece, const Mark& mark);
MarksSeen look_for_marks(std::span<const char> piece, const Mark& mark);

/// What a successor finds beside the record.
struct Found {
  MarksSeen marks;
  FileId file;               // the file at hand: the held one, else the one opened by its path
  std::uint64_t offset = 0;  // its shared offset; its size when it was opened anew
};

enum class RecoveryStep {
  nothing,        // the record becomes idle
  cut_and_write,  // cut the piece from slot.from for the file, then write
  write,          // slot.upto still holds
  rotate,         // run the rotation of slot.old_file again, then cut and write
};
enum class Surprise { none, part_lost, foreign_write };

struct Recovery {
  RecoveryStep step = RecoveryStep::nothing;
  Slot slot;  // to be committed before the step
  Surprise surprise = Surprise::none;
};

/// The recovery table.
Recovery recover(const Slot& slot, const Found& found);

/// Where the piece must be cut for a file that stands at `offset` and is full at `limit` bytes
/// (0: never): the end, in `piece`, of the part from `from` that still goes into it. Always on a
/// line's end, unless the rest of the piece has none.
std::uint32_t cut(std::span<const char> piece, std::uint32_t from, std::uint64_t offset,
                  std::uint64_t limit);

}  // namespace supervisord::log
