// Programs that write numbered lines, each in its own way, until they are told to stop; and what
// those lines are, to compare.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "common/unique_fd.hpp"

namespace supervisord::log {

enum class Style {
  flood,        // many lines a write, 64 KiB
  burst,        // the same, with pauses
  cuts_lines,   // 7,777 bytes a write, wherever lines end
  single_lines  // one line a write, with pauses
};

enum class Alphabet {
  letters,
  high_bytes,  // so that two writers of one file can be told apart
  tagged       // escape sequences in each line, and now and then an event between tokens
};

struct WriterPlan {
  Style style = Style::flood;
  Alphabet alphabet = Alphabet::letters;
  std::uint64_t most_bytes = 0;  // then it only waits
};

/// What the writers tell, in memory shared with the test.
struct Told {
  volatile bool ready;
  volatile std::uint64_t bytes;  // written when it ended
};

/// The beginning of all that a writer of this alphabet writes, at least `bytes` long.
std::string expected_output(Alphabet alphabet, std::uint64_t bytes);

/// A child that writes to its own descriptor number `write_fd` (opened for reading too, as a
/// program's stdout is) until `go`, a pipe's read end, hangs up.
pid_t start_writer(const WriterPlan& plan, int write_fd, int go, Told* told,
                   const std::vector<int>& close_first);

}  // namespace supervisord::log
