// What happens to a piece of output between its read and its write, for a pipe whose output does
// not go to its log as it is: the pump's view of it. The pump's loop and thread.
#pragma once

#include <string_view>

#include "supervisord/log/record.hpp"

namespace supervisord::log {

class PieceFilter {
 public:
  virtual ~PieceFilter() = default;
  /// Whether it takes a piece now.
  virtual bool takes_now() = 0;
  /// Tells `raw` to whom it concerns and answers what of it goes to the log: `raw` itself, or text
  /// that is valid until the next call and longer than `raw` by filter_growth at most.
  /// `mark` is the piece's: a successor that must tell it again has the same one.
  virtual std::string_view pass(std::string_view raw, const Mark& mark) = 0;
  /// What it has held back, when no more comes: `most` bytes of it.
  virtual std::string_view finish(std::size_t most) = 0;
  virtual bool holds_back() const = 0;
  /// A predecessor has told the piece with this mark, of which `size` bytes were for the log, but
  /// may have been killed before settle(). `raw` is empty for one of finish().
  virtual void catch_up(std::string_view raw, std::size_t size, const Mark& mark) = 0;
  /// The piece is in the log: what is carried to the next one must outlive this process when this
  /// returns.
  virtual void settle(const Mark& mark) = 0;
};

constexpr std::size_t filter_growth = 64;
/// Where in the buffer the filtered text lies; before it, the piece as it was read.
constexpr std::size_t filtered_at = buffer_bytes / 2;
constexpr std::size_t most_filtered = filtered_at - filter_growth;

}  // namespace supervisord::log
