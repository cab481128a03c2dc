#include "supervisord/keeper/line.hpp"

#include <unistd.h>

#include <cstdio>
#include <ctime>

namespace supervisord::keeper {
namespace {

const char* level_name(NoteLevel level) {
  switch (level) {
    case NoteLevel::debug: return "DEBG";
    case NoteLevel::info: return "INFO";
    case NoteLevel::warn: return "WARN";
    case NoteLevel::error: return "ERRO";
    case NoteLevel::critical: return "CRIT";
  }
  return "INFO";
}

}  // namespace

std::string log_line(timeval at, NoteLevel level, std::string_view text) {
  std::tm local{};
  ::localtime_r(&at.tv_sec, &local);
  char stamp[32];
  const std::size_t size = std::strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
  char thousandths[8];
  std::snprintf(thousandths, sizeof thousandths, ",%03d ",
                static_cast<int>(at.tv_usec / 1000) % 1000);
  std::string line{stamp, size};
  line += thousandths;
  line += level_name(level);
  line += ' ';
  line += text;
  line += '\n';
  return line;
}

void print(const std::string& text) {
  const std::string line = text + "\n";
  (void)!::write(2, line.data(), line.size());  // there is nobody to tell
}

}  // namespace supervisord::keeper
