// Any output through all taps, cut anywhere and gone on from the encoded state, with a syslog that
// now and then takes nothing: the same as in one piece. And any bytes as a state.
#include "supervisord/log/stream_tap.hpp"

#include <cstdlib>
#include <vector>

using namespace supervisord::log;

namespace {

struct Heard {
  std::string log;
  std::string output;
  std::vector<std::string> captured;
  std::vector<std::string> syslog;
  friend bool operator==(const Heard&, const Heard&) = default;
};

const Taps taps{.strip_ansi = true, .syslog_name = "p", .output = true, .capture_max_bytes = 30};

Heard hear(std::string_view text, std::size_t step, std::size_t refuse_every) {
  Heard heard;
  std::size_t offers = 0;
  const TapListeners listeners{[&](std::string_view bytes) { heard.output += bytes; },
                               [&](std::string_view data) { heard.captured.emplace_back(data); },
                               [&](std::string_view line) {
                                 if (refuse_every > 0 && ++offers % refuse_every == 0) return false;
                                 heard.syslog.emplace_back(line);
                                 return true;
                               }};
  std::string state;
  for (std::size_t from = 0; from < text.size(); from += step) {
    StreamTap tap{taps, state};
    heard.log += tap.pass(text.substr(from, step), listeners);
    state = tap.state();
  }
  StreamTap last{taps, state};
  while (last.holds_back()) heard.log += last.finish(step, listeners);
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 2, size - 2};
  const Heard whole = hear(text, text.size() + 1, 0);
  if (!(hear(text, 1 + data[0] % 40, 2 + data[1] % 8) == whole)) std::abort();
  if (whole.output.size() > text.size() || whole.log.size() > text.size()) std::abort();

  StreamTap any{taps, text};
  const std::string state = any.state();
  if (StreamTap{taps, state}.state() != state) std::abort();
  any.pass(text, {});
  return 0;
}
