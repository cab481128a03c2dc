#include "supervisord/log/pump.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace supervisord::log {
namespace {

// What Supervisor reads at once, so that PROCESS_LOG events are no larger than its own.
constexpr std::size_t one_event = 128 * 1024;
constexpr std::size_t little = 4096;  // less than this goes by splice
constexpr std::size_t most_at_once = little - 1;
constexpr std::size_t first_capacity = 65536;
constexpr std::size_t largest_pipe = 1024 * 1024;
constexpr std::size_t user_budget = 32u << 20;  // half of what a plain user's pipes may have

bool hung_up(int pipe) {
  pollfd poll_for{pipe, POLLIN, 0};
  return ::poll(&poll_for, 1, 0) > 0 && (poll_for.revents & (POLLHUP | POLLERR)) != 0;
}

bool is_full(const PumpPipe& pipe) { return pipe.waiting + 4096 > pipe.capacity; }

Turn turn_after(std::size_t moved, const PumpPipe& pipe) {
  return pipe.was_full || moved < pipe.waiting ? Turn::full : Turn::some;
}

// Where what goes to the log begins in the buffer.
std::size_t text_begin(const Slot& slot) {
  return slot.filtered != 0 && slot.size >= filtered_at ? filtered_at : 0;
}

// What will be read next, without reading it: by tee into a pipe of our own.
std::size_t peek(int pipe, std::span<char> into) {
  const auto spare = common::make_pipe();
  if (!spare) return 0;
  const ssize_t copied = ::tee(pipe, spare->write_end.get(), into.size(), SPLICE_F_NONBLOCK);
  if (copied <= 0) return 0;
  const ssize_t count =
      ::read(spare->read_end.get(), into.data(), static_cast<std::size_t>(copied));
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

}  // namespace

std::size_t bytes_waiting(int pipe) {
  int count = 0;
  return ::ioctl(pipe, FIONREAD, &count) == 0 && count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::size_t pipe_capacity(int pipe) {
  const int size = ::fcntl(pipe, F_GETPIPE_SZ);
  return size > 0 ? static_cast<std::size_t>(size) : 65536;
}

Pump::Pump(int pump_fd, StepHook at_step)
    : memory_{pump_fd},
      record_{memory_.page()},
      slot_{record_.current()},
      at_step_{std::move(at_step)} {}

Turn Pump::turn(PumpPipe& pipe, FileSink& sink) {
  if (says_little(pipe, sink)) {
    if (const auto done = splice_little(pipe, sink)) return *done;
  }
  std::size_t waiting = bytes_waiting(pipe.fd);
  if (waiting == 0) {
    // First whether the writers are gone, then whether they left something: never the other way.
    const bool ending = hung_up(pipe.fd);
    waiting = ending ? bytes_waiting(pipe.fd) : 0;
    if (waiting == 0) {
      pipe.was_full = false;
      if (!ending) return Turn::idle;
      return pipe.filter != nullptr ? finish_filter(pipe, sink) : Turn::ended;
    }
  }
  pipe.waiting = waiting;
  grow_if_full(pipe);
  if (!sink.is_open()) return Turn::blocked;
  if (pipe.filter != nullptr) return turn_filtered(pipe, sink, waiting);
  return sink.regular() ? turn_to_file(pipe, sink, waiting) : turn_to_stream(pipe, sink, waiting);
}

// What little went by splice the last time will most likely do so again.
bool Pump::says_little(const PumpPipe& pipe, const FileSink& sink) const {
  return pipe.waiting > 0 && pipe.waiting < most_at_once && !pipe.was_full &&
         pipe.filter == nullptr && pipe.has_log_alone && sink.is_open() && sink.regular() &&
         sink.splices() && !has_piece();
}

// Without asking first how much there is: what splice may take leaves the file below its limit. It
// may cut a line, so no other pipe may end in this log: a kill could let that one go first.
// None when it is to be asked after all: there may be more, the writers are gone, the file is
// nearly full, or it went wrong.
std::optional<Turn> Pump::splice_little(PumpPipe& pipe, FileSink& sink) {
  const auto place = sink.place();
  const bool fits = place && (sink.limit() == 0 || place->size + most_at_once < sink.limit());
  if (!fits) return std::nullopt;
  if (place->offset != place->size) sink.seek(place->size);
  step("splice: before");
  const Transfer moved = sink.splice_from(pipe.fd, most_at_once);
  step("splice: after");
  if (moved.error == EAGAIN) return Turn::idle;  // none was there, and there are writers
  if (moved.count == 0) return std::nullopt;
  sink.tell_no_trouble();
  pipe.waiting = moved.count;
  pipe.full_looks = 0;
  if (moved.count == most_at_once) return std::nullopt;
  return Turn::some;
}

Turn Pump::turn_to_file(PumpPipe& pipe, FileSink& sink, std::size_t waiting) {
  if (has_piece_for(sink)) return Turn::blocked;  // its bytes come first
  const auto place = sink.place();
  if (!place) {
    sink.tell_trouble(EIO);
    return Turn::blocked;
  }
  const bool fits = sink.limit() == 0 || place->size + waiting < sink.limit();
  const bool by_splice = has_piece() || (waiting < little && fits);
  if (by_splice && !sink.splices() && has_piece()) return Turn::blocked;
  if (!by_splice || !sink.splices()) {
    const std::size_t size = std::min(waiting, buffer_bytes);
    if (!start_piece(pipe, sink, size, place->size)) return Turn::blocked;
    return turn_after(size, pipe);
  }
  // Somebody else appended or truncated: our offset follows.
  if (place->offset != place->size) sink.seek(place->size);
  step("splice: before");
  const Transfer moved = sink.splice_from(pipe.fd, std::min(waiting, buffer_bytes));
  step("splice: after");
  if (moved.count == 0) {
    if (moved.error != EAGAIN && moved.error != EINTR) sink.tell_trouble(moved.error);
    return Turn::blocked;
  }
  sink.tell_no_trouble();
  return turn_after(moved.count, pipe);
}

// A pipe, a socket, a terminal, /dev/null: no offset, no record, only splice.
Turn Pump::turn_to_stream(PumpPipe& pipe, FileSink& sink, std::size_t waiting) {
  if (!sink.takes_now()) return Turn::blocked;
  const Transfer moved = sink.move_to_stream(pipe.fd, waiting);
  if (moved.error == EPIPE) return Turn::some;  // now it is discarded
  if (moved.count == 0) {
    if (moved.error != EAGAIN && moved.error != EINTR) sink.tell_trouble(moved.error);
    return Turn::blocked;
  }
  sink.tell_no_trouble();
  return turn_after(moved.count, pipe);
}

// Always under the record, so one at a time; the log may be anything.
Turn Pump::turn_filtered(PumpPipe& pipe, FileSink& sink, std::size_t waiting) {
  if (has_piece() || !pipe.filter->takes_now()) return Turn::blocked;
  const std::size_t room = sink.room();
  if (room <= filter_growth) return Turn::blocked;
  const std::size_t size = std::min({waiting, one_event, room - filter_growth});
  std::uint64_t offset = 0;
  if (sink.regular()) {
    const auto place = sink.place();
    if (!place) {
      sink.tell_trouble(EIO);
      return Turn::blocked;
    }
    offset = place->size;
  }
  if (!start_piece(pipe, sink, size, offset)) return Turn::blocked;
  return turn_after(size, pipe);
}

Turn Pump::finish_filter(PumpPipe& pipe, FileSink& sink) {
  while (pipe.filter->holds_back()) {
    const std::size_t room = sink.is_open() ? sink.room() : 0;
    if (has_piece() || room == 0) return Turn::blocked;
    slot_ = Slot{};
    slot_.stream = pipe.id;
    slot_.mark = random_mark();
    slot_.filtered = 1;
    piece_sink_ = &sink;
    piece_filter_ = pipe.filter;
    const std::string_view text = pipe.filter->finish(std::min(room, most_filtered));
    step("finish: told");
    take_filtered(text);
    cut_anew();
    commit(RecordState::writing);
    step("finish: committed");
    if (!finish_piece() || text.empty()) break;
  }
  return pipe.filter->holds_back() || has_piece_for(sink) ? Turn::blocked : Turn::ended;
}

// Under 16 bytes a random mark could be equal to the bytes that are read over it, so there it is
// made to differ from them.
Mark Pump::make_mark(int pipe, std::size_t size) {
  Mark mark = random_mark();
  if (size < mark_bytes) {
    std::array<char, mark_bytes> next;
    const std::size_t seen = peek(pipe, std::span{next}.first(size));
    for (std::size_t i = 0; i < seen; ++i) mark[i] = static_cast<unsigned char>(~next[i]);
  }
  return mark;
}

Mark Pump::random_mark() {
  Mark mark;
  for (std::size_t i = 0; i < mark_bytes; i += sizeof(std::uint64_t)) {
    const std::uint64_t word = random_();
    std::memcpy(mark.data() + i, &word, sizeof word);
  }
  return mark;
}

bool Pump::start_piece(PumpPipe& pipe, FileSink& sink, std::size_t size, std::uint64_t offset) {
  slot_ = Slot{};
  slot_.stream = pipe.id;
  slot_.size = static_cast<std::uint32_t>(size);
  slot_.mark = make_mark(pipe.fd, size);
  const std::span<char> piece = memory_.buffer().first(size);
  place_marks(piece, slot_.mark);
  if (sink.regular()) sink.seek(offset);
  slot_.base = offset;
  step("reading: before");
  commit(RecordState::reading);
  step("reading: committed");
  const ssize_t count = ::read(pipe.fd, piece.data(), size);
  step("reading: read");
  if (count <= 0) {  // nobody else reads, and the bytes were there
    commit(RecordState::idle);
    return false;
  }
  slot_.size = static_cast<std::uint32_t>(count);
  piece_sink_ = &sink;
  piece_filter_ = pipe.filter;
  if (piece_filter_ != nullptr) filter_piece();
  cut_anew();
  commit(RecordState::writing);
  step("writing: committed");
  return finish_piece();
}

// Until WRITING is committed the bytes as read stay where they are, for a successor to do this
// again.
void Pump::filter_piece() {
  const std::span<const char> raw = memory_.buffer().first(slot_.size);
  slot_.filtered = 1 + slot_.size;
  take_filtered(piece_filter_->pass({raw.data(), raw.size()}, slot_.mark));
  step("reading: told");
}

void Pump::take_filtered(std::string_view text) {
  const bool as_it_was = text.data() == memory_.buffer().data();
  if (!as_it_was) std::copy(text.begin(), text.end(), memory_.buffer().begin() + filtered_at);
  slot_.from = as_it_was ? 0 : static_cast<std::uint32_t>(filtered_at);
  slot_.size = slot_.from + static_cast<std::uint32_t>(text.size());
}

bool Pump::finish_piece() {
  if (!has_piece()) return true;
  if (unrecovered_) {
    if (!piece_sink_->is_open()) return false;
    surprise_ = recover_into(*piece_sink_);
    if (!has_piece()) return true;
  }
  do {
    if (!write_part()) return false;
  } while (next_part());
  step("idle: before");
  if (piece_filter_ != nullptr) {
    piece_filter_->settle(slot_.mark);
    step("idle: settled");
  }
  slot_ = Slot{};
  commit(RecordState::idle);
  piece_sink_ = nullptr;
  piece_filter_ = nullptr;
  step("idle: committed");
  return true;
}

// Our offset follows the end of the file, and the record's base goes along, in such an order that a
// kill between the two reads as "nothing more of it is written yet".
bool Pump::follow_end() {
  FileSink& sink = *piece_sink_;
  const auto place = sink.place();
  if (!place) return false;
  if (place->size < place->offset) sink.seek(place->size);
  if (slot_.base != place->size) {
    slot_.base = place->size;
    commit(RecordState::writing);
  }
  if (place->size > place->offset) sink.seek(place->size);
  return true;
}

// Writes buffer[from..upto).
bool Pump::write_part() {
  FileSink& sink = *piece_sink_;
  while (slot_.from < slot_.upto) {
    if (!sink.is_open()) return false;
    if (sink.regular() && !follow_end()) return false;
    step("writing: before write");
    const Transfer written =
        sink.write(memory_.buffer().subspan(slot_.from, slot_.upto - slot_.from));
    step("writing: written");
    if (written.count == 0) {
      if (written.error == EINTR) continue;
      if (written.error != EAGAIN) sink.tell_trouble(written.error);
      return false;
    }
    sink.tell_no_trouble();
    slot_.from += static_cast<std::uint32_t>(written.count);
    slot_.base += written.count;
  }
  return true;
}

// Rotates when the part that is written has filled the file; true when there is more to write.
bool Pump::next_part() {
  FileSink& sink = *piece_sink_;
  const std::uint64_t limit = sink.limit();
  const bool has_part = slot_.upto > text_begin(slot_);
  const bool due = limit != 0 && has_part && memory_.buffer()[slot_.upto - 1] == '\n' &&
                   (slot_.upto < slot_.size || slot_.base >= limit);
  if (due) {
    slot_.old_file = sink.id();
    commit(RecordState::rotating);
    step("rotating: committed");
    sink.rotate(slot_.old_file, at_step_);
  }
  if (slot_.from == slot_.size) return false;
  cut_anew();
  step("rotating: before writing");
  commit(RecordState::writing);
  return true;
}

void Pump::cut_anew() {
  const auto place = piece_sink_->is_open() ? piece_sink_->place() : std::nullopt;
  if (place) slot_.base = place->offset;
  slot_.upto =
      cut(memory_.buffer().first(slot_.size), slot_.from, slot_.base, piece_sink_->limit());
}

void Pump::commit(RecordState state) {
  slot_.state = state;
  record_.commit(slot_);
}

void Pump::recover_piece(FileSink* sink, PieceFilter* filter) {
  if (!has_piece()) return;
  if (sink == nullptr) {  // only a READING that never read can be told from a loss
    const auto marks = look_for_marks(memory_.buffer().first(slot_.size), slot_.mark);
    const bool nothing = slot_.state == RecordState::reading && marks.first;
    drop_piece(nothing ? Surprise::none : Surprise::part_lost);
    return;
  }
  piece_sink_ = sink;
  piece_filter_ = filter;
  unrecovered_ = true;
  if (filter == nullptr) finish_piece();
}

void Pump::drop_piece(Surprise surprise) {
  slot_ = Slot{};
  commit(RecordState::idle);
  piece_sink_ = nullptr;
  piece_filter_ = nullptr;
  unrecovered_ = false;
  surprise_ = surprise;
}

Surprise Pump::recover_into(FileSink& sink) {
  const auto place = sink.place();
  const std::span<const char> piece = memory_.buffer().first(slot_.size);
  const Found found{look_for_marks(piece, slot_.mark), sink.id(), place ? place->offset : 0};
  const Recovery recovery = recover(slot_, found);
  if (recovery.step == RecoveryStep::nothing) {
    drop_piece(recovery.surprise);
    return recovery.surprise;
  }
  unrecovered_ = false;
  const bool was_read_only = slot_.state == RecordState::reading;
  slot_ = recovery.slot;
  step("recovery: before");
  if (piece_filter_ != nullptr && was_read_only) filter_piece();
  if (piece_filter_ != nullptr && !was_read_only) catch_up();
  if (recovery.step == RecoveryStep::rotate) sink.rotate(slot_.old_file, at_step_);
  if (recovery.step != RecoveryStep::write) cut_anew();  // first: nobody cuts a WRITING again
  commit(RecordState::writing);
  step("recovery: committed");
  return recovery.surprise;
}

void Pump::catch_up() {
  const std::size_t raw = slot_.filtered > 0 ? slot_.filtered - 1 : 0;
  const std::span<const char> read = memory_.buffer().first(std::min(raw, most_filtered));
  piece_filter_->catch_up({read.data(), read.size()}, slot_.size - text_begin(slot_), slot_.mark);
}

// As in a rotation: a kill in between reads as one that is to be finished, and that finds the path
// naming another file already.
void Pump::replace_file(FileSink& sink, const std::function<void()>& change) {
  if (!has_piece_for(sink) || unrecovered_) return change();
  commit(RecordState::writing);
  slot_.old_file = sink.id();
  commit(RecordState::rotating);
  change();
  cut_anew();
  commit(RecordState::writing);
}

void Pump::add(PumpPipe& pipe) {
  pipe.capacity = pipe_capacity(pipe.fd);
  if (pipe.capacity > first_capacity) grown_bytes_ += pipe.capacity;
}

void Pump::remove(const PumpPipe& pipe) {
  if (pipe.capacity > first_capacity) grown_bytes_ -= pipe.capacity;
}

void Pump::grow_if_full(PumpPipe& pipe) {
  const bool full = is_full(pipe);
  // Right after a full one there may be little: the look came at once.
  if (full) ++pipe.full_looks;
  if (!full && !pipe.was_full) pipe.full_looks = 0;
  pipe.was_full = full;
  if (pipe.full_looks >= 2) grow(pipe);
}

// A plain user's pipes have 64 MiB together; beyond it all his new pipes, of any program, are tiny.
void Pump::grow(PumpPipe& pipe) {
  if (pipe.capacity >= largest_pipe) return;
  const std::size_t wanted = std::min(pipe.capacity * 4, largest_pipe);
  if (::geteuid() != 0 && grown_bytes_ + wanted > user_budget) return;
  if (::fcntl(pipe.fd, F_SETPIPE_SZ, static_cast<int>(wanted)) < 0) return;
  remove(pipe);
  add(pipe);
  pipe.full_looks = 0;
}

}  // namespace supervisord::log
