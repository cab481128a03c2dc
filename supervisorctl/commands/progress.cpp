#include "supervisorctl/commands/progress.hpp"

#include <algorithm>

namespace supervisorctl {
namespace {

constexpr std::string_view erase_line = "\r\x1b[K";

}  // namespace

std::string progress_bar(std::size_t done, std::size_t total, std::size_t width) {
  const std::string count = " " + std::to_string(done) + " of " + std::to_string(total);
  constexpr std::size_t longest = 40;
  const std::size_t taken = count.size() + 2;
  const std::size_t length = std::min(longest, width > taken ? width - taken : 0);
  const std::size_t filled = total == 0 ? length : length * std::min(done, total) / total;
  return "[" + std::string(filled, '#') + std::string(length - filled, '-') + "]" + count;
}

Progress::Progress(Session& session, std::size_t total)
    : session_{session}, total_{total}, is_shown_{session.screen().is_terminal && total > 1} {
  if (is_shown_) session_.write(bar());
}

Progress::~Progress() {
  if (is_shown_) session_.write(erase_line);
}

void Progress::step(std::string_view line) {
  ++done_;
  std::string text;
  if (is_shown_) text += erase_line;
  if (!line.empty()) text += std::string{line} + "\n";
  if (is_shown_) text += bar();
  session_.write(text);
}

std::string Progress::bar() const { return progress_bar(done_, total_, Screen::size().first - 1); }

}  // namespace supervisorctl
