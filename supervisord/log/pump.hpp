// Moves output from pipes to logs: little by splice, which the kernel does whole or not at all;
// much by read and write under the record, so that a successor can finish a piece that a kill cut.
// When to look at which pipe is the business of Logs, which owns this; on the daemon's loop.
// Protocol: docs/protocols/log-pump.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <span>
#include <utility>

#include "supervisord/log/file_sink.hpp"
#include "supervisord/log/piece_filter.hpp"
#include "supervisord/log/pump_memory.hpp"
#include "supervisord/log/record.hpp"

namespace supervisord::log {

/// The read end of one pipe; the descriptor is its owner's.
struct PumpPipe {
  std::uint32_t id = 0;
  int fd = -1;
  std::size_t capacity = 0;
  bool was_full = false;          // at the last look
  int full_looks = 0;             // a pipe that is full at every other look grows
  std::size_t waiting = 0;        // found when there was something last
  bool has_log_alone = false;     // no other pipe ends in its log
  PieceFilter* filter = nullptr;  // its owner's, who keeps it while the pipe's piece is in hand
};

enum class Turn {
  idle,     // nothing there
  some,     // moved what was there: look again after a while
  full,     // the writer was waiting, or more is there: look again at once
  blocked,  // there is output, but the log does not take it now
  ended,    // all write ends are closed, all is read
};

class Pump {
 public:
  /// Throws std::system_error (PumpMemory).
  explicit Pump(int pump_fd, StepHook at_step = {});

  /// Counts a pipe in, and out before it is closed.
  void add(PumpPipe& pipe);
  void remove(const PumpPipe& pipe);

  /// One look at one pipe.
  Turn turn(PumpPipe& pipe, FileSink& sink);
  /// Makes the pipe larger, if it may be: its writer is fast.
  void grow(PumpPipe& pipe);

  /// The piece in hand: read, and not yet all in its file (a full disk, or a predecessor's).
  Slot piece() const { return slot_; }
  bool has_piece() const { return slot_.state != RecordState::idle; }
  bool has_piece_for(const FileSink& sink) const { return has_piece() && piece_sink_ == &sink; }
  /// Writes what is left of it; true when nothing is in hand any more.
  bool finish_piece();

  /// Finishes what a predecessor had in hand, into its log; `sink` is null when that is not known
  /// any more. What cannot be written now (a full disk, a log that cannot be opened) stays in hand.
  void recover_piece(FileSink* sink, PieceFilter* filter = nullptr);
  /// What the pipe's filter has held back goes to the log, as far as it can now, for a pipe from
  /// which nothing more is taken.
  Turn finish_filter(PumpPipe& pipe, FileSink& sink);
  /// What was odd about it, for a line in the log; asked once.
  Surprise take_surprise() { return std::exchange(surprise_, Surprise::none); }

  /// Runs `change`, which puts another file into `sink`; a piece in hand goes on in the new one.
  void replace_file(FileSink& sink, const std::function<void()>& change);

 private:
  bool says_little(const PumpPipe& pipe, const FileSink& sink) const;
  std::optional<Turn> splice_little(PumpPipe& pipe, FileSink& sink);
  Turn turn_to_file(PumpPipe& pipe, FileSink& sink, std::size_t waiting);
  Turn turn_to_stream(PumpPipe& pipe, FileSink& sink, std::size_t waiting);
  Turn turn_filtered(PumpPipe& pipe, FileSink& sink, std::size_t waiting);
  bool start_piece(PumpPipe& pipe, FileSink& sink, std::size_t size, std::uint64_t offset);
  void filter_piece();
  void take_filtered(std::string_view text);
  void catch_up();
  bool write_part();
  bool follow_end();
  bool next_part();
  void cut_anew();
  Surprise recover_into(FileSink& sink);
  void drop_piece(Surprise surprise);
  void commit(RecordState state);
  void grow_if_full(PumpPipe& pipe);
  Mark random_mark();
  Mark make_mark(int pipe, std::size_t size);
  void step(std::string_view name) const {
    if (at_step_) at_step_(name);
  }

  PumpMemory memory_;
  Record record_;
  Slot slot_;  // as it is now; the record may lag behind in `from`, which the file's offset tells
  FileSink* piece_sink_ = nullptr;  // Logs closes no sink that has a piece
  PieceFilter* piece_filter_ = nullptr;
  bool unrecovered_ = false;  // a predecessor's, and its log could not be opened yet
  Surprise surprise_ = Surprise::none;
  StepHook at_step_;
  std::mt19937_64 random_{std::random_device{}()};
  std::size_t grown_bytes_ = 0;
};

/// What is in a pipe now.
std::size_t bytes_waiting(int pipe);
std::size_t pipe_capacity(int pipe);

}  // namespace supervisord::log
