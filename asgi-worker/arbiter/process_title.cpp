#include "asgi-worker/arbiter/process_title.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

namespace asgi_worker::arbiter {
namespace {

struct Words {
  char* begin = nullptr;
  std::size_t size = 0;
};

/// Where the kernel has put the command line: arg_start and arg_end, the 48th and 49th field of
/// /proc/self/stat (proc(5)). The 2nd, a name in brackets, may hold blanks.
Words find_words() {
  std::ifstream file{"/proc/self/stat"};
  std::string line;
  std::getline(file, line);
  const auto bracket = line.rfind(')');
  if (bracket == std::string::npos) return {};
  std::istringstream fields{line.substr(bracket + 1)};
  std::string skipped;
  for (int field = 3; field < 48; ++field) fields >> skipped;
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  if (!(fields >> begin >> end) || begin == 0 || end <= begin) return {};
  return {reinterpret_cast<char*>(begin), end - begin};
}

}  // namespace

void set_process_title(std::string_view title) {
  const Words words = find_words();
  if (words.size == 0) return;
  const std::size_t size = std::min(title.size(), words.size - 1);
  std::memcpy(words.begin, title.data(), size);
  std::memset(words.begin + size, 0, words.size - size);
}

}  // namespace asgi_worker::arbiter
