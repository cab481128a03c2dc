// Any output, cut anywhere and gone on from its state: the same is captured and the same is left as
// in one piece. The first bytes say where to cut and how much is kept.
#include "supervisord/log/capture.hpp"

#include <cstdlib>
#include <vector>

using namespace supervisord::log;

namespace {

struct Heard {
  std::string plain;
  std::vector<std::string> captured;
  friend bool operator==(const Heard&, const Heard&) = default;
};

Heard hear(std::string_view text, std::size_t step, std::uint64_t max_bytes) {
  Heard heard;
  const Capture::Out out{[&heard](std::string_view bytes) { heard.plain += bytes; },
                         [&heard](std::string_view data) { heard.captured.emplace_back(data); }};
  Capture::State state;
  for (std::size_t from = 0; from < text.size(); from += step) {
    Capture capture{max_bytes};
    capture.restore(state);
    capture.feed(text.substr(from, step), out);
    state = capture.state();
    if (state.data.size() > max_bytes) std::abort();
  }
  Capture last{max_bytes};
  last.restore(state);
  last.finish(out);
  if (last.holds_back()) std::abort();
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t step = 1 + data[0] % 40;
  const std::uint64_t max_bytes = 1 + data[1];
  const std::string_view text{reinterpret_cast<const char*>(data) + 2, size - 2};
  const Heard whole = hear(text, text.size() + 1, max_bytes);
  if (!(hear(text, step, max_bytes) == whole)) std::abort();
  if (whole.plain.size() > text.size()) std::abort();
  return 0;
}
