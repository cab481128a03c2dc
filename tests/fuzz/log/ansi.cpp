// Any output, cut anywhere: what is left is the same as in one piece, and has no sequence in it
// that was not made by taking one out.
#include "supervisord/log/ansi.hpp"

#include <cstdlib>

using namespace supervisord::log;

namespace {

std::string strip(std::string_view text, std::size_t step) {
  std::string out;
  AnsiStripper::State state = AnsiStripper::State::text;
  for (std::size_t from = 0; from < text.size(); from += step) {
    AnsiStripper stripper;
    stripper.restore(state);
    stripper.feed(text.substr(from, step), out);
    state = stripper.state();
  }
  AnsiStripper last;
  last.restore(state);
  last.finish(out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::string whole = strip(text, text.size() + 1);
  if (strip(text, 1 + data[0] % 16) != whole) std::abort();
  if (whole.size() > text.size()) std::abort();
  if (text.find('\x1b') == std::string_view::npos && whole != text) std::abort();
  return 0;
}
