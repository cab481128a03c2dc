#include "supervisord/log/auto_names.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <vector>

namespace supervisord::log {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// "x.log.12" -> "x.log"; as it is when there is no number.
std::string_view without_number(std::string_view name) {
  std::size_t digits = 0;
  while (digits < 4 && digits < name.size() && is_digit(name[name.size() - 1 - digits])) ++digits;
  name.remove_suffix(digits);
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

}  // namespace

std::string auto_log_path(std::string_view childlogdir, std::string_view name,
                          std::string_view channel, std::string_view identifier,
                          std::string_view random8) {
  std::string path{childlogdir};
  if (!path.ends_with('/')) path.push_back('/');
  path.append(name).append("-").append(channel).append("---").append(identifier);
  return path.append("-").append(random8).append(".log");
}

std::string random_log_suffix() {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
  // std::random_device takes some 2 us a letter, and each start of a program asks for eight.
  std::array<unsigned char, 64> bytes;
  std::string suffix;
  while (suffix.size() < 8) {
    const ssize_t size = ::getrandom(bytes.data(), bytes.size(), 0);
    for (ssize_t i = 0; i < size && suffix.size() < 8; ++i) {
      const std::size_t fair = 256 / letters.size() * letters.size();
      if (bytes[static_cast<std::size_t>(i)] < fair)
        suffix.push_back(letters[bytes[static_cast<std::size_t>(i)] % letters.size()]);
    }
  }
  return suffix;
}

// .+?---IDENTIFIER-\S+\.log\.?\d{0,4}
bool is_auto_log(std::string_view file_name, std::string_view identifier) {
  const std::string_view log = without_number(file_name);
  if (!log.ends_with(".log")) return false;
  const std::string middle = "---" + std::string{identifier} + "-";
  const std::size_t at = log.find(middle, 1);
  if (at == std::string_view::npos) return false;
  std::string_view random = log.substr(at + middle.size());
  if (random.size() <= 4) return false;
  random.remove_suffix(4);
  return std::none_of(random.begin(), random.end(), is_space);
}

int remove_stale_auto_logs(const std::string& childlogdir, std::string_view identifier,
                           const std::set<std::string>& keep) {
  namespace fs = std::filesystem;
  std::error_code ec;
  std::vector<fs::path> stale;
  for (fs::directory_iterator entry{childlogdir, ec}, end; !ec && entry != end;
       entry.increment(ec)) {
    const std::string name = entry->path().filename().string();
    if (!is_auto_log(name, identifier)) continue;
    const auto log = entry->path().parent_path() / without_number(name);
    if (!keep.contains(log.string())) stale.push_back(entry->path());
  }
  int removed = 0;
  for (const auto& path : stale) removed += fs::remove(path, ec) ? 1 : 0;
  return removed;
}

}  // namespace supervisord::log
